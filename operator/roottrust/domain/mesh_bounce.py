"""What the restart of a mesh selects: istiod, its gateways, then what has sidecars.

A new intermediate is served by istiod already: for that istiod itself is left out, and copies of
the roots are as they were. A step of a rotation restarts istiod alone, or what is older than it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from roottrust.api.pod_bounce_directive import GROUPS_MAX, PodSelector, RootCertSync
from roottrust.api.restart_request import RestartRequest
from roottrust.domain.discovery import Istiod
from roottrust.domain.manifest import Manifest, read_mapping, read_mappings
from roottrust.domain.mesh_proxy import PROXY_LABEL, list_proxies
from roottrust.domain.object_age import was_created_before

# What sidecars have beside what every proxy has.
_SIDECAR_LABEL = "security.istio.io/tlsMode"

# As many as a directive takes beside istiod, which is one more in the first.
PROXY_GROUPS_MAX = GROUPS_MAX - 1
_NAME_MAX = 230
_HASH_LENGTH = 12


class RestartCause(Enum):
    """What a mesh is restarted for."""

    ROOTS = "roots"
    ISSUANCE = "issuance"  # an intermediate under the same roots
    STEP_OF_ISTIOD = "step of istiod"  # one that istiod takes only with a restart
    STEP_OF_CLIENTS = "step of clients"  # by whose roots istiod knows them only once restarted
    STEP_OF_WORKLOADS = "step of workloads"

    @property
    def is_istiod_alone(self) -> bool:
        """Whether istiod is restarted, and nothing else."""
        return self in {RestartCause.STEP_OF_ISTIOD, RestartCause.STEP_OF_CLIENTS}

    @property
    def has_istiod(self) -> bool:
        """Whether istiod itself is restarted, before all else."""
        return self is RestartCause.ROOTS or self.is_istiod_alone


@dataclass(frozen=True, kw_only=True)
class MeshRestart:
    """One restart; with `created_before`, of workloads alone that have a pod as old as that.

    `since` is when the change came, if that is known: roots may change to others and back.
    """

    trust_hash: str
    cause: RestartCause
    created_before: datetime | None = None
    since: datetime | None = None

    def concerns(self, pod: Manifest) -> bool:
        """Whether a pod is as old as that, by its metadata."""
        return self.created_before is None or was_created_before(pod, self.created_before)

    def list_own(self, written: Iterable[Manifest]) -> tuple[Manifest, ...]:
        """Return the directives that are of this change, and of no earlier one to the same."""
        return tuple(
            each
            for each in written
            if self.since is None
            or not was_created_before(read_mapping(each.get("metadata")), self.since)
        )


@dataclass(frozen=True, kw_only=True, order=True)
class ProxyGroup:
    """Proxies of one namespace that have a label in common; gateways come before sidecars."""

    is_sidecar: bool
    namespace: str
    label: str
    value: str

    def build(self, sync: RootCertSync | None = None) -> PodSelector:
        """Return it as a directive lists it."""
        labels = {self.label: self.value}
        return PodSelector(namespace=self.namespace, labels=labels, root_cert_sync=sync)


def find_groups(
    istiod: Istiod, pods: Iterable[Manifest], *, namespaces: Iterable[str]
) -> tuple[ProxyGroup, ...]:
    """Return the proxies of an istiod in the namespaces that it serves, in order."""
    proxies = list_proxies(istiod, pods, namespaces=namespaces)
    return tuple(sorted({_build_group(each) for each in proxies}))


def list_left(
    groups: tuple[ProxyGroup, ...], written: Iterable[Manifest]
) -> tuple[ProxyGroup, ...]:
    """Return the groups that no directive has that is written already."""
    known = [
        (each.get("namespace"), each.get("labels"))
        for directive in written
        for each in read_mappings(read_mapping(directive.get("spec")).get("podsToBounce"))
    ]
    return tuple(each for each in groups if (each.namespace, {each.label: each.value}) not in known)


def is_last(directive: Manifest, *, has_istiod: bool) -> bool:
    """Whether a directive has fewer groups than it takes, so that none was left for another."""
    groups = read_mappings(read_mapping(directive.get("spec")).get("podsToBounce"))
    return len(groups) - has_istiod < PROXY_GROUPS_MAX


def build_request(
    istiod: Istiod,
    groups: tuple[ProxyGroup, ...],
    *,
    restart: MeshRestart,
    part: int,
    begins: bool,
    served: int | None = None,
) -> RestartRequest:
    """Return one of the directives, with as many groups as it takes.

    One that begins a restart has istiod first; for changed roots nothing else is restarted before
    they are in its namespace. `served` is the generation that every istiod serves.
    """
    sync = RootCertSync() if restart.cause is RestartCause.ROOTS else None
    first = [_build_istiod_group(istiod)] if restart.cause.has_istiod and begins else []
    covers = restart.cause is RestartCause.ROOTS and begins
    return RestartRequest(
        trust_hash=restart.trust_hash,
        part=part,
        created_before=restart.created_before,
        intermediate_generation=served if covers else None,
        pods_to_bounce=(*first, *(each.build(sync) for each in groups[:PROXY_GROUPS_MAX])),
    )


def build_bounce_name(mesh: str, *, trust_hash: str, part: int) -> str:
    """Return the name of a directive: of one mesh and one trust hash there is each part once."""
    return f"{mesh[:_NAME_MAX].rstrip('.-')}-{trust_hash[:_HASH_LENGTH]}-{part}"


def _build_istiod_group(istiod: Istiod) -> PodSelector:
    return PodSelector(
        namespace=istiod.namespace,
        labels=dict(istiod.pod_labels),
        wait_for_replicas=min(istiod.wanted, 1),
    )


def _build_group(proxy: Manifest) -> ProxyGroup:
    labels = read_mapping(proxy.get("labels"))
    label = _SIDECAR_LABEL if labels.get(_SIDECAR_LABEL) else PROXY_LABEL
    return ProxyGroup(
        is_sidecar=label == _SIDECAR_LABEL,
        namespace=str(proxy["namespace"]),
        label=label,
        value=str(labels[label]),
    )
