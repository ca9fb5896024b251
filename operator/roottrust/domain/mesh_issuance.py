"""How far the intermediates of one mesh are: all replicas of one istiod together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from roottrust.api.choices import IssuanceState
from roottrust.domain.instance_check import UNDER_ANOTHER_ROOT, CheckedInstance, InstanceState
from roottrust.domain.mesh_condition import (
    MeshCondition,
    build_false,
    build_true,
    build_unknown,
)
from roottrust.domain.moment import show_time
from roottrust.domain.reasons import Reason
from roottrust.domain.target import MeshTarget

_PATCH = "put it beside istiod (`roottrust istiod-patch`)"


@dataclass(frozen=True, kw_only=True)
class MeshIssuance:
    """The replicas that have reported, and how many there should be: None if nobody tells."""

    mesh: MeshTarget
    instances: tuple[CheckedInstance, ...]
    replicas: int | None

    @property
    def total(self) -> int:
        """How many replicas istiod has, as far as is known."""
        return len(self.instances) if self.replicas is None else self.replicas

    @property
    def ready(self) -> int:
        """How many of them serve what they should; one that was replaced may still be listed."""
        return min(self.total, sum(each.state.is_serving for each in self.instances))

    @property
    def silent(self) -> int:
        """How many replicas have no agent that reports."""
        return max(0, self.total - len(self.instances))

    @property
    def stale(self) -> tuple[str, ...]:
        """The replicas that know their clients by the roots before."""
        return tuple(each.pod for each in self.instances if each.is_stale)

    @property
    def _needed(self) -> tuple[CheckedInstance, ...]:
        """The replicas that count: with enough of them serving, those that just start do not."""
        if self.replicas is None or self.ready < self.replicas:
            return self.instances
        return tuple(each for each in self.instances if not each.state.is_starting)

    @property
    def earliest_not_after(self) -> datetime | None:
        """When the first of the intermediates ends."""
        return min((each.not_after for each in self.instances if each.not_after), default=None)

    def find_next_change(self, now: datetime) -> datetime | None:
        """Return when time alone will change what is told, None if it will not."""
        moments = [
            moment for each in self.instances for moment in (each.overdue_at, each.not_after)
        ]
        return min((each for each in moments if each is not None and each > now), default=None)

    @property
    def state(self) -> IssuanceState:
        """All in one word."""
        condition = self.judge()
        if condition.is_true:
            return IssuanceState.FINISHED
        if self.instances and min(each.state.value for each in self.instances) <= _FAILED:
            return IssuanceState.FAILED
        if any(each.state.has_certificate for each in self.instances):
            return IssuanceState.ISSUED
        return IssuanceState.REQUESTED if self.instances else IssuanceState.PENDING

    def judge(self) -> MeshCondition:
        """Return the condition CertificatesIssued of this mesh: of the worst replica."""
        worst = min(self._needed, key=lambda each: each.state.value, default=None)
        if worst is not None and worst.state.value <= _FAILED:
            return _DESCRIPTIONS[worst.state](self, worst)
        if self.total == 0 and self.replicas is not None:
            return build_unknown(
                Reason.WAITING_FOR_ISTIOD, f"istiod of {self.mesh.name} has no replicas."
            )
        if self.silent or worst is None:
            return self._describe_silence()
        return _DESCRIPTIONS[worst.state](self, worst)

    def _describe_silence(self) -> MeshCondition:
        name = self.mesh.name
        if not self.instances:
            message = f"istiod of {name} has no agent yet: {_PATCH}."
        else:
            message = (
                f"{self.silent} of {self.total} replicas of {name} have no agent that reports: "
                f"{_PATCH}, or wait for its rollout."
            )
        return build_unknown(Reason.WAITING_FOR_AGENT, message)


def _describe_false(mesh: MeshIssuance, pod: CheckedInstance) -> MeshCondition:
    advice = f"find out who writes to the status of its IssuedCertificate in {mesh.mesh.namespace}"
    if pod.clause == UNDER_ANOTHER_ROOT:
        advice = (
            "if the root before was given up, stop istiod, delete the ConfigMap "
            f"istio-ca-root-cert beside it, and start it again; if not, {advice}"
        )
    return build_false(
        Reason.INSTANCE_NOT_BELIEVED,
        f"What {pod.pod} of {mesh.mesh.name} reports is not believed, since {pod.clause}: "
        f"{advice}.",
    )


def _describe_expired(mesh: MeshIssuance, pod: CheckedInstance) -> MeshCondition:
    return build_false(
        Reason.EXPIRED,
        f"The intermediate of {pod.pod} of {mesh.mesh.name} expired{_at(pod.not_after)}: "
        f"{_find_cause(mesh, pod)}.",
    )


def _describe_failed(mesh: MeshIssuance, pod: CheckedInstance) -> MeshCondition:
    return build_false(
        Reason.AGENT_FAILED,
        f"The agent of {pod.pod} of {mesh.mesh.name} obtains no intermediate: {pod.clause}.",
    )


def _describe_waiting(mesh: MeshIssuance, pod: CheckedInstance) -> MeshCondition:
    return build_unknown(
        Reason.WAITING_FOR_AGENT,
        f"The agent of {pod.pod} of {mesh.mesh.name} is there and has no intermediate yet.",
    )


def _describe_outdated(mesh: MeshIssuance, pod: CheckedInstance) -> MeshCondition:
    return build_unknown(
        Reason.RENEWING, f"{pod.pod} of {mesh.mesh.name} still has {pod.clause}: its agent renews."
    )


def _describe_unloaded(mesh: MeshIssuance, pod: CheckedInstance) -> MeshCondition:
    why = f": {pod.clause}" if pod.clause else " yet"
    return build_unknown(
        Reason.WAITING_FOR_ISTIOD,
        f"{pod.pod} of {mesh.mesh.name} has its intermediate, and istiod does not serve it{why}.",
    )


def _describe_overdue(mesh: MeshIssuance, pod: CheckedInstance) -> MeshCondition:
    return build_true(
        Reason.EXPIRING,
        f"The intermediate of {pod.pod} of {mesh.mesh.name} ends{_at(pod.not_after)} and should "
        f"have been renewed: {_find_cause(mesh, pod)}.",
        is_warning=True,
    )


def _describe_failing(mesh: MeshIssuance, pod: CheckedInstance) -> MeshCondition:
    return build_true(
        Reason.AGENT_FAILED,
        f"The agent of {pod.pod} of {mesh.mesh.name} fails: {pod.clause}; what istiod serves lasts "
        f"until {show_time(pod.not_after) if pod.not_after else 'its end'}.",
        is_warning=True,
    )


def _describe_serving(mesh: MeshIssuance, pod: CheckedInstance) -> MeshCondition:
    del pod  # they are all alike
    ends = mesh.earliest_not_after
    last = f"; the first ends at {show_time(ends)}" if ends else ""
    return build_true(
        Reason.ISSUED,
        f"{mesh.ready} of {mesh.total} replicas of {mesh.mesh.name} serve their "
        f"intermediates{last}.",
    )


def _at(moment: datetime | None) -> str:
    return f" at {show_time(moment)}" if moment else ""


def _find_cause(mesh: MeshIssuance, pod: CheckedInstance) -> str:
    return pod.clause or f"see the log of its agent in {mesh.mesh.namespace}"


_FAILED = InstanceState.FAILED.value
_DESCRIPTIONS: dict[InstanceState, Callable[[MeshIssuance, CheckedInstance], MeshCondition]] = {
    InstanceState.FALSE: _describe_false,
    InstanceState.EXPIRED: _describe_expired,
    InstanceState.FAILED: _describe_failed,
    InstanceState.WAITING: _describe_waiting,
    InstanceState.OUTDATED: _describe_outdated,
    InstanceState.UNLOADED: _describe_unloaded,
    InstanceState.OVERDUE: _describe_overdue,
    InstanceState.FAILING: _describe_failing,
    InstanceState.SERVING: _describe_serving,
}
