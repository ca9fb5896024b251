"""What the last pass over Vault's keys found, for the status of policies."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.target import VaultTarget
from roottrust.domain.vault_keys import KeyCount


@dataclass(frozen=True, kw_only=True)
class MountPlace:
    """One intermediate mount, wherever it is, as one policy uses it."""

    policy: PolicyIdentity
    server: str
    namespace: str | None
    mount: str


class KeyBook:
    """Counts by mount; empty after a start, until the first pass."""

    def __init__(self) -> None:
        self._counts: dict[MountPlace, KeyCount] = {}

    @property
    def total(self) -> int:
        """How many keys there are in all."""
        return sum(each.kept for each in self._counts.values())

    def put(self, place: MountPlace, count: KeyCount) -> bool:
        """Take over what was found; return whether it is another than before."""
        before = self._counts.get(place)
        self._counts[place] = count
        return before != count

    def forget(self, place: MountPlace) -> None:
        """Tell nothing more of a mount."""
        self._counts.pop(place, None)

    def keep(self, places: Container[MountPlace]) -> None:
        """Forget all mounts but these."""
        self._counts = {place: each for place, each in self._counts.items() if place in places}

    def find(self, policy: PolicyIdentity, target: VaultTarget) -> dict[str, KeyCount]:
        """Return what is known of the mounts of a policy."""
        mounts = (each.intermediate_mount for each in target.clusters)
        places = (
            MountPlace(policy=policy, server=target.server, namespace=target.namespace, mount=mount)
            for mount in mounts
            if mount is not None
        )
        return {place.mount: self._counts[place] for place in places if place in self._counts}
