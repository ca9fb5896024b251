"""Who a RootTrustPolicy is, apart from what it says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PolicyIdentity:
    """One RootTrustPolicy; `uid` tells it from an earlier one of the same name.

    `cluster` is the registered cluster that it lies in, empty for the hub's own.
    """

    namespace: str
    name: str
    uid: str
    cluster: str = ""

    @property
    def is_remote(self) -> bool:
        """Whether it lies in another cluster, whose administrator may be hostile."""
        return self.cluster != ""

    @property
    def full_name(self) -> str:
        """Namespace and name, as people write them; in another cluster, after that one's name."""
        name = f"{self.namespace}/{self.name}"
        return f"{self.cluster}:{name}" if self.cluster else name
