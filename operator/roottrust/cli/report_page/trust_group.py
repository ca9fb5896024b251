"""The fleet by its roots: policies that share one are one picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from roottrust.api.choices import TrustReason
from roottrust.cli.report_page.health_sign import WORST_FIRST
from roottrust.cli.status.report import MeshReport, PolicyReport, RootReport
from roottrust.cli.status.rotation_report import TrustedRootReport
from roottrust.domain.health import Health, find_worst_health


@dataclass(frozen=True, kw_only=True)
class TrustGroup:
    """One root, None before it is known, and all that trusts it."""

    root: RootReport | None
    policies: tuple[PolicyReport, ...]

    @property
    def health(self) -> Health:
        """The worst below this root."""
        return find_worst_health(each.health for each in self.policies)

    @property
    def trusted(self) -> tuple[TrustedRootReport, ...]:
        """The roots that are trusted beside it."""
        found = {
            each.fingerprint: each
            for policy in self.policies
            for each in policy.trust_bundle
            if each.reason != TrustReason.ROOT
        }
        return tuple(found.values())

    @property
    def meshes(self) -> tuple[MeshReport, ...]:
        """The meshes that are listed, the worst first."""
        return sort_meshes(each for policy in self.policies for each in policy.meshes)

    @property
    def unlisted(self) -> int:
        """How many meshes there are beside those."""
        return sum(each.meshes_total - len(each.meshes) for each in self.policies)


def group_by_root(policies: Iterable[PolicyReport]) -> tuple[TrustGroup, ...]:
    """Return the groups, the worst first."""
    found: dict[str, list[PolicyReport]] = {}
    for policy in policies:
        # A root that is not known yet is not known to be another policy's.
        key = policy.root.fingerprint if policy.root else policy.full_name
        found.setdefault(key, []).append(policy)
    groups = (TrustGroup(root=each[0].root, policies=tuple(each)) for each in found.values())
    return tuple(sorted(groups, key=lambda each: WORST_FIRST.index(each.health)))


def sort_policies(policies: Iterable[PolicyReport]) -> tuple[PolicyReport, ...]:
    """Return policies, the worst first, else in the order that they have."""
    return tuple(sorted(policies, key=lambda each: WORST_FIRST.index(each.health)))


def sort_meshes(meshes: Iterable[MeshReport]) -> tuple[MeshReport, ...]:
    """Return meshes, the worst first, then by cluster and name."""
    return tuple(
        sorted(meshes, key=lambda each: (WORST_FIRST.index(each.health), each.cluster, each.mesh))
    )
