"""Which Meshes of a cluster are believed: what a cluster reports counts for itself alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roottrust.domain.names import is_object_name

MESHES_MAX = 100
_UNREADABLE = "is not of a Mesh's form"


@dataclass(frozen=True, kw_only=True)
class ReportedMesh:
    """A Mesh as it lies somewhere, and the istiod that it says it is of."""

    name: str
    lies_in: str
    namespace: str
    cluster: str


@dataclass(frozen=True, kw_only=True)
class Disbelief:
    """A Mesh that is left out, and why: what follows its name in a sentence."""

    name: str
    namespace: str
    reason: str

    def __str__(self) -> str:
        if not (is_object_name(self.name) and is_object_name(self.namespace)):
            return f"one whose name cannot be shown {self.reason}"
        return f"{self.name} in {self.namespace} {self.reason}"


def find_disbelief(mesh: ReportedMesh, *, cluster: str, home: str) -> Disbelief | None:
    """Return why a Mesh is not believed, None if it is; `home` is the operator's namespace."""
    reason = _find_reason(mesh, cluster=cluster, home=home)
    if reason is None:
        return None
    return Disbelief(name=mesh.name, namespace=mesh.lies_in, reason=reason)


def disbelieve_form(name: str, namespace: str) -> Disbelief:
    """Return the disbelief in a Mesh that says nothing which can be read."""
    return Disbelief(name=name, namespace=namespace, reason=_UNREADABLE)


def warn_of_disbelieved(
    cluster: str, disbelieved: Sequence[Disbelief], *, surplus: int
) -> tuple[str, ...]:
    """Return what is told of a cluster's Meshes that do not count, one sentence for each kind."""
    found = []
    if disbelieved:
        count = len(disbelieved)
        which = "1 Mesh is" if count == 1 else f"{count} Meshes are"
        first = f"first {disbelieved[0]}" if count > 1 else str(disbelieved[0])
        found.append(f"Cluster {cluster}: {which} not believed: {first}.")
    if surplus:
        found.append(
            f"Cluster {cluster}: it has {MESHES_MAX + surplus} Meshes, of which the {MESHES_MAX} "
            "oldest count."
        )
    return tuple(found)


def _find_reason(mesh: ReportedMesh, *, cluster: str, home: str) -> str | None:
    # Policies select by this name, so that no other namespace's may be taken.
    ending = f"-{mesh.namespace}-{cluster}"
    if mesh.cluster != cluster:
        return f"names the cluster {mesh.cluster}"
    if mesh.lies_in not in {mesh.namespace, home}:
        return f"speaks for an istiod of the namespace {mesh.namespace}"
    is_named = mesh.name.endswith(ending) and is_object_name(mesh.name)
    if not is_named or not is_object_name(mesh.name.removesuffix(ending)):
        return f"is not named DEPLOYMENT{ending}"
    return None
