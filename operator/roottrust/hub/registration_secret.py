"""Writing another token into the Secret that registers a cluster."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pydantic import SecretStr

from roottrust.domain.cluster_registration import Registration, read_registrations
from roottrust.domain.errors import ConflictError, DependencyMissingError
from roottrust.domain.kubeconfig import ClusterAccess, build_kubeconfig
from roottrust.domain.reasons import Reason
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import SECRETS

# And the cluster's name: a manager that applies one key of a Secret gives up those it had before.
FIELD_MANAGER = "roottrust-hub-cluster-"


class RegistrationSecret:
    """The Secret of one registration, in the hub's own namespace and cluster."""

    def __init__(
        self, client: KubeClient, *, namespace: str, registration: Callable[[], Registration]
    ) -> None:
        self._client = client
        self._namespace = namespace
        self._registration = registration

    @property
    def cluster(self) -> str:
        """The name of the cluster that it registers."""
        return self._registration().name

    @property
    def access(self) -> ClusterAccess:
        """What it says now, as far as is known."""
        return self._registration().access

    async def write_token(self, token: SecretStr) -> None:
        """Put a token in the place of the known one; raises RootTrustError.

        Whatever else became of the Secret in the meantime stays: it must be the very one that is
        known, with the very token.
        """
        registration = self._registration()
        found = await self._client.get(SECRETS, namespace=self._namespace, name=registration.secret)
        if found is None:
            raise DependencyMissingError(
                f"Secret {registration.secret} is gone.", reason=Reason.SECRET_NOT_FOUND
            )
        self._check_same(found, registration)
        metadata = found["metadata"]
        access = replace(registration.access, token=token)
        text = build_kubeconfig(registration.name, access)
        manifest = {
            "metadata": {
                "namespace": self._namespace,
                "name": registration.secret,
                "uid": metadata["uid"],
                "resourceVersion": metadata["resourceVersion"],
            },
            "data": {registration.name: base64.b64encode(text.encode()).decode()},
        }
        manager = f"{FIELD_MANAGER}{registration.name}"
        await self._client.apply(SECRETS, manifest, field_manager=manager)

    def _check_same(self, found: dict[str, Any], registration: Registration) -> None:
        now = read_registrations([found], own_name="").used.get(registration.name)
        if now is None or now.access != registration.access:
            raise ConflictError(
                f"Secret {registration.secret} was changed by somebody else.",
                reason=Reason.CONFLICT,
            )
