"""The policy whose root a person means, and all that depends on that root; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from roottrust.api.choices import ConditionStatus
from roottrust.cli.policy_choice import Manifest, choose_policies, get_full_name
from roottrust.cli.rotate.request import choose_policy
from roottrust.cli.status.build_report import build_report, read_policy_status
from roottrust.cli.status.found import FoundObjects, read_known
from roottrust.cli.status.found_rotation import FoundRotation, read_found_rotation
from roottrust.cli.status.report import MeshReport, PolicyReport
from roottrust.domain.errors import DependencyMissingError, InvalidSpecError
from roottrust.domain.mirror_status import find_current
from roottrust.domain.reasons import Reason


@dataclass(frozen=True, kw_only=True)
class OwnRoot:
    """One policy with its rotation; `sharing` are the policies that share its root.

    `away` are the clusters of which nothing new is learned.
    """

    policy: Manifest
    report: PolicyReport
    rotation: FoundRotation
    read_at: datetime
    sharing: tuple[PolicyReport, ...] = ()
    away: frozenset[str] = frozenset()

    @property
    def full_name(self) -> str:
        """The policy's namespace and name."""
        return get_full_name(self.policy)

    @property
    def meshes(self) -> tuple[MeshReport, ...]:
        """All meshes under the root that are listed."""
        return tuple(mesh for each in (self.report, *self.sharing) for mesh in each.meshes)

    @property
    def meshes_total(self) -> int:
        """How many there are, also those that are not listed."""
        return sum(each.meshes_total for each in (self.report, *self.sharing))

    def check_owner(self, *, command: str) -> None:
        """Raise InvalidSpecError if the root is another policy's; `command` is what was meant."""
        owner = self.rotation.state.owner
        if owner is not None and owner != self.full_name:
            raise InvalidSpecError(
                f"{self.full_name} shares the root of {owner}, which owns it and rotates it for "
                f"all that share it: `roottrust rotate {command} {owner}`.",
                reason=Reason.NOT_ALLOWED,
            )

    def check_ready(self) -> None:
        """Raise DependencyMissingError unless all is well from which a rotation would begin."""
        if self.rotation.state.root_generation is None:
            raise DependencyMissingError(
                f"The operator has not told yet which generation of the root {self.full_name} "
                "has, so that none can be raised: see that it runs, in a version that rotates "
                "roots.",
                reason=Reason.WAITING_FOR_ROTATION,
            )
        if self.report.ready is not ConditionStatus.TRUE:
            unmet = self.report.conditions
            why = unmet[0].message if unmet else "its condition Ready is not told."
            raise DependencyMissingError(
                f"{self.full_name} is not ready, and a rotation begins where all is well: {why}",
                reason=Reason.WAITING_FOR_ROTATION,
            )


def choose_root(
    found: FoundObjects, *, name: str | None, namespace: str | None, now: datetime
) -> OwnRoot:
    """Return the policy that is meant; raises RootTrustError where nothing would come of it."""
    chosen = choose_policies(found.policies, name=name, namespace=namespace)
    policy = choose_policy(chosen)
    full_name = get_full_name(policy)
    reports = build_report(found, read_at=now).policies
    (own,) = (each for each in reports if each.full_name == full_name)
    status = read_policy_status(policy)
    return OwnRoot(
        policy=policy,
        report=own,
        rotation=read_found_rotation(policy, status.rotation),
        read_at=now,
        sharing=tuple(
            each for each in reports if each.rotation and each.rotation.owner == full_name
        ),
        away=frozenset(_list_away(found)),
    )


def _list_away(found: FoundObjects) -> Iterator[str]:
    """Return the clusters whose mirrors are not of now; of its own the hub always learns."""
    for key, report in read_known(found).reports.items():
        current = find_current(report)
        if current is not None and current.status is not ConditionStatus.TRUE:
            yield key.cluster
