"""What istiods hold and workloads know in the model, and who can talk to whom.

Roots are numbers: the generation that each is of.
"""

from __future__ import annotations

from dataclasses import dataclass

# kubelets were seen to take up to 66 seconds.
MOUNT_TIME = 66


@dataclass(frozen=True, kw_only=True)
class Held:
    """What an istiod signs under and publishes; `crossed` is who cross-signed its root."""

    signer: int
    roots: tuple[int, ...]
    crossed: int | None = None

    @property
    def anchors(self) -> frozenset[int]:
        """The roots that what it signs leads to."""
        return frozenset({self.signer} | ({self.crossed} if self.crossed else set()))


@dataclass(kw_only=True)
class Workload:
    """A pod: its leaf and roots are from the istiod that signed its last leaf.

    `mounted` are the roots of its mounted ConfigMap, by which it knows istiod; what it still has
    to take over of a change comes by `mount_due`.
    """

    life: int
    created: int
    leaf_at: int
    anchors: frozenset[int]
    roots: tuple[int, ...]
    mounted: tuple[int, ...]
    mount_due: int | None = None

    @property
    def leaf_ends(self) -> int:
        """When it has to have renewed."""
        return self.leaf_at + self.life

    def renew(self, held: Held, now: int) -> None:
        """Take a leaf and roots of an istiod."""
        self.anchors, self.roots, self.leaf_at = held.anchors, held.roots, now


def trusts(roots: tuple[int, ...], anchors: frozenset[int]) -> bool:
    """Whether who knows these roots accepts a chain."""
    return bool(anchors.intersection(roots))
