"""What the cluster role reads of an IssuedCertificate, whoever wrote it and in whatever version."""

from __future__ import annotations

from dataclasses import dataclass

from roottrust.api.choices import RestartOn, RestartScope
from roottrust.api.issued_certificate import INSTANCES_MAX
from roottrust.domain.manifest import Manifest, read_mapping, read_mappings


@dataclass(frozen=True, kw_only=True)
class IssuedObject:
    """One IssuedCertificate; `pods` are those of its instances, in their order in the status.

    `served` are the generations that their istiods serve, None where that is not seen.
    """

    namespace: str
    name: str
    cluster: str
    deployment: str
    trust_bundle: str
    restarts_pods: bool
    pods: tuple[str, ...]
    generation: int | None = None
    restarts_on_issuance: bool = False
    served: tuple[int | None, ...] = ()
    restarts_istiod_alone: bool = False

    def is_served_by(self, replicas: int) -> bool:
        """Whether each of so many replicas serves an intermediate of its generation."""
        wanted = min(replicas, INSTANCES_MAX)
        return (
            self.generation is not None
            and 0 < wanted <= len(self.served)
            and all(each is not None and each >= self.generation for each in self.served)
        )


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
        generation=_read_generation(spec),
        restarts_on_issuance=(
            spec.get("autoRestartPods") is True and spec.get("restartOn") == RestartOn.ISSUANCE
        ),
        served=tuple(_read_served(each) for each in instances),
        restarts_istiod_alone=spec.get("restartScope") == RestartScope.ISTIOD,
    )


def _read_served(instance: Manifest) -> int | None:
    return _read_generation(instance) if instance.get("loadedByIstiod") is True else None


def _read_generation(found: Manifest) -> int | None:
    generation = found.get("intermediateGeneration")
    return generation if isinstance(generation, int) else None
