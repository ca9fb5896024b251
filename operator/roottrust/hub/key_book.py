"""What the last pass over Vault's keys found, for the status of policies."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass

from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.target import VaultTarget
from roottrust.domain.vault_keys import KeyCount


@dataclass(frozen=True, kw_only=True)
class PolicyMount:
    """One intermediate mount, wherever it is, as one policy uses it."""

    policy: PolicyIdentity
    server: str
    namespace: str | None
    mount: str


def list_mounts(policy: PolicyIdentity, target: VaultTarget) -> Iterator[tuple[str, PolicyMount]]:
    """Return the intermediate mounts of a policy, each after the cluster that it is for."""
    for each in target.clusters:
        if each.intermediate_mount is not None:
            yield (
                each.cluster,
                PolicyMount(
                    policy=policy,
                    server=target.server,
                    namespace=target.namespace,
                    mount=each.intermediate_mount,
                ),
            )


class KeyBook:
    """Counts by mount; empty after a start, until the first pass."""

    def __init__(self) -> None:
        self._counts: dict[PolicyMount, KeyCount] = {}

    @property
    def total(self) -> int:
        """How many keys there are in all."""
        return sum(each.kept for each in self._counts.values())

    def put(self, place: PolicyMount, count: KeyCount) -> bool:
        """Take over what was found; return whether it is another than before."""
        before = self._counts.get(place)
        self._counts[place] = count
        return before != count

    def forget(self, place: PolicyMount) -> None:
        """Tell nothing more of a mount."""
        self._counts.pop(place, None)

    def keep(self, places: Container[PolicyMount]) -> None:
        """Forget all mounts but these."""
        self._counts = {place: each for place, each in self._counts.items() if place in places}

    def find(self, policy: PolicyIdentity, target: VaultTarget) -> dict[str, KeyCount]:
        """Return what is known of the mounts of a policy."""
        mounts = (each for _, each in list_mounts(policy, target))
        return {each.mount: self._counts[each] for each in mounts if each in self._counts}
