"""Who a RootTrustPolicy is, apart from what it says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PolicyIdentity:
    """One RootTrustPolicy; `uid` tells it from an earlier one of the same name."""

    namespace: str
    name: str
    uid: str

    @property
    def full_name(self) -> str:
        """Namespace and name, as people write them."""
        return f"{self.namespace}/{self.name}"
