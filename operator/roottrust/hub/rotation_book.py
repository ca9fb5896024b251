"""What all policies that share a root have last seen, for the one whose root it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from roottrust.domain.rotation.evidence import FleetView, MeshView, VaultView
from roottrust.runtime.store import ObjectKey


@dataclass(frozen=True, kw_only=True)
class FleetPart:
    """The meshes of one policy, and the clusters that it hears, or does not, and why."""

    meshes: tuple[MeshView, ...] = ()
    heard: frozenset[str] = frozenset()
    silent: Mapping[str, str] = field(default_factory=dict)


class RotationBook:
    """Parts by policy; one that was not looked at yet is no proof of anything."""

    def __init__(self) -> None:
        self._parts: dict[ObjectKey, FleetPart] = {}

    def note(self, policy: ObjectKey, part: FleetPart) -> bool:
        """Keep what a policy has seen; return whether that is news."""
        is_news = self._parts.get(policy) != part
        self._parts[policy] = part
        return is_news

    def forget(self, policy: ObjectKey) -> None:
        """Keep nothing of a policy that is gone."""
        self._parts.pop(policy, None)

    def list_deaf(self) -> frozenset[str]:
        """Return the clusters with an istiod that takes changed roots only when it is restarted."""
        meshes = (mesh for part in self._parts.values() for mesh in part.meshes)
        return frozenset(mesh.cluster for mesh in meshes if mesh.ability.needs_restart)

    def gather(self, vault: VaultView, sharing: Mapping[ObjectKey, Iterable[str]]) -> FleetView:
        """Return all that depends on a root; `sharing` are its policies, each with its clusters."""
        meshes: list[MeshView] = []
        heard: set[str] = set()
        silent: dict[str, str] = {}
        for policy, clusters in sorted(sharing.items(), key=lambda each: str(each[0])):
            part = self._parts.get(policy)
            if part is None:
                waits = f"is not looked at yet for {policy.namespace}/{policy.name}"
                silent |= dict.fromkeys(clusters, waits)
                continue
            meshes += part.meshes
            heard |= part.heard
            silent |= part.silent
        return FleetView(
            vault=vault, meshes=tuple(meshes), heard=frozenset(heard - silent.keys()), silent=silent
        )
