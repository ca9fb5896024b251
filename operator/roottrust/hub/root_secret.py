"""Reading the root that a policy imports: one GET of one Secret, of the policy's own namespace."""

from __future__ import annotations

from roottrust.domain.errors import RootTrustError
from roottrust.domain.facts import Unread
from roottrust.domain.imported_root import (
    CERTIFICATE_FILE,
    KEY_FILE,
    ImportedRoot,
    read_imported_root,
)
from roottrust.domain.target import RootTarget
from roottrust.kube.client import KubeClient
from roottrust.kube.secrets import read_secret_keys

# How soon a Secret that cannot be imported is looked at again: Secrets are never watched.
SECRET_SECONDS = 45.0


async def read_root_secret(client: KubeClient, root: RootTarget) -> ImportedRoot | Unread | None:
    """Return what the Secret has, None if nothing is to be imported; why not is judged later.

    With the root in Vault, a Secret that is gone is as it should be.
    """
    if root.secret is None:
        return None
    namespace, _, name = root.secret.partition("/")
    try:
        certificate, key = await read_secret_keys(
            client, namespace=namespace, name=name, keys=(CERTIFICATE_FILE, KEY_FILE)
        )
        return read_imported_root(certificate, key, secret=root.secret)
    except RootTrustError as error:
        return Unread(error=error)
