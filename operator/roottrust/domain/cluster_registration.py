"""Clusters as Secrets register them, in the form that Istio's users know.

One Secret may register several: each of its keys is a cluster's name, each value its kubeconfig.
What cannot be used is refused by itself, and stays known so that policies can tell why.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from roottrust.domain.certificate import UnreadableCertificateError, parse_certificates
from roottrust.domain.cluster_trouble import ClusterTrouble
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.known import KnownCluster
from roottrust.domain.kubeconfig import ClusterAccess, parse_kubeconfig
from roottrust.domain.manifest import Manifest
from roottrust.domain.names import is_dns_label
from roottrust.domain.reasons import Reason

CLUSTER_LABEL = "istio/multiCluster"
CLUSTER_SELECTOR = f"{CLUSTER_LABEL}=true"
VAULT_HOST_ANNOTATION = "admin.gloo.solo.io/vault-kubernetes-host"
VAULT_CA_ANNOTATION = "admin.gloo.solo.io/vault-kubernetes-ca"


@dataclass(frozen=True, kw_only=True)
class Registration:
    """One cluster that a Secret of the operator's namespace registers.

    `kubernetes_host` and its CA are what Vault is told, which may reach the cluster otherwise.
    """

    name: str
    secret: str
    labels: Mapping[str, str]
    access: ClusterAccess
    kubernetes_host: str
    kubernetes_ca_pem: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Registrations:
    """All that Secrets register: what is used, by name, and what is not."""

    used: Mapping[str, Registration] = field(default_factory=dict)
    refused: tuple[KnownCluster, ...] = ()


def read_registrations(secrets: Iterable[Manifest], *, own_name: str) -> Registrations:
    """Return what Secrets register beside the hub's own cluster; of one name the oldest counts."""
    used: dict[str, Registration] = {}
    refused: list[KnownCluster] = []
    for secret in sorted(secrets, key=_get_rank):
        for name in sorted(secret.get("data") or {}):
            try:
                _check_name(name, own_name=own_name, known=used)
                used[name] = _read_one(secret, name)
            except InvalidSpecError as error:
                refused.append(_build_refused(secret, name, error))
    return Registrations(used=used, refused=tuple(refused))


def _check_name(name: str, *, own_name: str, known: Mapping[str, Registration]) -> None:
    if not is_dns_label(name):
        raise InvalidSpecError(
            f"{name!r} is no DNS label, and names of clusters become parts of certificates: "
            "rename the key to small letters, digits and dashes.",
            reason=Reason.INVALID_CLUSTER_NAME,
        )
    if name == own_name:
        raise InvalidSpecError(
            f"{name} is the cluster that the hub itself runs in: give this one another name.",
            reason=Reason.CLUSTER_NAME_TAKEN,
        )
    if name in known:
        raise InvalidSpecError(
            f"The older Secret {known[name].secret} registers {name}, too: remove one of them.",
            reason=Reason.CLUSTER_NAME_TAKEN,
        )


def _read_one(secret: Manifest, name: str) -> Registration:
    metadata = secret["metadata"]
    access = parse_kubeconfig(_decode(secret["data"][name]))
    annotations = metadata.get("annotations") or {}
    return Registration(
        name=name,
        secret=str(metadata["name"]),
        labels=dict(metadata.get("labels") or {}),
        access=access,
        kubernetes_host=_read_vault_host(annotations, secret) or access.server,
        kubernetes_ca_pem=_read_vault_ca(annotations) or access.ca_pem,
    )


def _decode(data: object) -> str:
    try:
        return base64.b64decode(str(data), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise InvalidSpecError(
            "Its kubeconfig is no text: write it anew.", reason=Reason.INVALID_KUBECONFIG
        ) from None


def _read_vault_host(annotations: Mapping[str, str], secret: Manifest) -> str | None:
    host = annotations.get(VAULT_HOST_ANNOTATION, "").rstrip("/")
    if not host:
        return None
    if not host.startswith("https://") or len(host.split()) != 1:
        raise InvalidSpecError(
            f"The annotation {VAULT_HOST_ANNOTATION} is no https:// address: correct it.",
            reason=Reason.INVALID_VAULT_ADDRESS,
        )
    if len(secret["data"]) > 1:
        raise InvalidSpecError(
            f"The annotation {VAULT_HOST_ANNOTATION} would be that of {len(secret['data'])} "
            "clusters: give each cluster a Secret of its own.",
            reason=Reason.INVALID_VAULT_ADDRESS,
        )
    return host


def _read_vault_ca(annotations: Mapping[str, str]) -> str | None:
    pem = annotations.get(VAULT_CA_ANNOTATION, "")
    if not pem.strip():
        return None
    try:
        parse_certificates(pem)
    except UnreadableCertificateError:
        raise InvalidSpecError(
            f"The annotation {VAULT_CA_ANNOTATION} is no PEM: correct it.",
            reason=Reason.INVALID_VAULT_ADDRESS,
        ) from None
    return pem


def _build_refused(secret: Manifest, name: str, error: InvalidSpecError) -> KnownCluster:
    metadata = secret["metadata"]
    message = f"Secret {metadata['name']} is refused. {error.message}"
    return KnownCluster(
        name=name,
        labels=dict(metadata.get("labels") or {}),
        kubernetes_host="",
        kubernetes_ca_pem="",
        refusal=ClusterTrouble(reason=error.reason, message=message),
    )


def _get_rank(secret: Manifest) -> tuple[str, str]:
    """Return the place in the order: by age, then by name."""
    metadata = secret["metadata"]
    return str(metadata.get("creationTimestamp") or ""), str(metadata["name"])
