"""What the cluster role reads of an IssuedCertificate, whoever wrote it and in whatever version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from roottrust.domain.istiod_manifest import read_mapping, read_mappings

Manifest = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class IssuedObject:
    """One IssuedCertificate; `pods` are those of its instances, in their order in the status."""

    namespace: str
    name: str
    cluster: str
    deployment: str
    trust_bundle: str
    restarts_pods: bool
    pods: tuple[str, ...]


def read_issued(found: Manifest) -> IssuedObject:
    """Return an IssuedCertificate; what it does not say is empty."""
    metadata = read_mapping(found.get("metadata"))
    spec = read_mapping(found.get("spec"))
    reference = read_mapping(spec.get("meshRef"))
    instances = read_mappings(read_mapping(found.get("status")).get("instances"))
    return IssuedObject(
        namespace=str(metadata.get("namespace") or ""),
        name=str(metadata.get("name") or ""),
        cluster=str(reference.get("cluster") or ""),
        deployment=str(reference.get("deployment") or ""),
        trust_bundle=str(spec.get("trustBundle") or ""),
        restarts_pods=spec.get("autoRestartPods") is True,
        pods=tuple(str(each.get("pod") or "") for each in instances),
    )
