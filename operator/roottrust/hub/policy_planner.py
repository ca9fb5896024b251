"""What a reconcile of policies would change in Vault, worked out by the controller's own parts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from roottrust.api.choices import ManagementMode
from roottrust.domain.condition_judgement import Judgement
from roottrust.domain.errors import RootTrustError
from roottrust.domain.fault import build_fault
from roottrust.domain.issuance_plan import IssuancePlan, plan_issuance
from roottrust.domain.issuance_report import report_issuance
from roottrust.domain.judgement import judge
from roottrust.domain.outcome import Outcome
from roottrust.domain.plan import Plan
from roottrust.domain.preview import (
    MadeRoot,
    RootPlace,
    assume_root,
    forget_actions,
    get_root_place,
    preview_policy,
)
from roottrust.domain.restart_directive import DirectiveAction, plan_directives
from roottrust.domain.rotation.foresight import foresee_rotation
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.target import VaultTarget
from roottrust.hub.policy_acceptance import Acceptance
from roottrust.hub.policy_controller import PolicyController
from roottrust.hub.policy_homes import PolicyHomes
from roottrust.hub.policy_key import build_policy_key
from roottrust.hub.policy_object import PolicyObject
from roottrust.hub.policy_outcome import build_outcome
from roottrust.hub.vault_work import VaultWork, find_failure
from roottrust.runtime.store import ObjectKey


@dataclass(frozen=True, kw_only=True)
class PolicyPreview:
    """What would come of one policy.

    `target` is None for one that is not accepted, `plan` for one whose Vault cannot be read either:
    `error` tells why. `certificates` is what follows in clusters, `directives` what they wait for.
    `judgements` are the conditions after all writes. `rotation` is what a raised generation of its
    own root will start.
    """

    policy: PolicyObject
    judgements: tuple[Judgement, ...]
    is_observed_only: bool = False
    target: VaultTarget | None = None
    plan: Plan | None = None
    certificates: IssuancePlan = field(default_factory=IssuancePlan)
    directives: tuple[DirectiveAction, ...] = ()
    rotation: str | None = None
    error: RootTrustError | None = None


@dataclass(frozen=True, kw_only=True)
class _Look:
    """What was found out of one policy; each part is None where it did not come so far."""

    policy: PolicyObject
    accepted: Acceptance | None = None
    snapshot: Snapshot | None = None
    error: RootTrustError | None = None

    @property
    def is_observed_only(self) -> bool:
        """Whether the operator writes nothing for it."""
        spec = self.accepted.demand.spec if self.accepted else None
        return spec is not None and spec.management.mode is ManagementMode.OBSERVE


class PolicyPlanner:
    """Plans policies of a store; `concurrency` is how many are looked at at once."""

    def __init__(
        self,
        controller: PolicyController,
        *,
        homes: PolicyHomes,
        concurrency: int,
    ) -> None:
        self._controller = controller
        self._homes = homes
        self._slots = asyncio.Semaphore(concurrency)

    async def plan(self, keys: Iterable[ObjectKey]) -> tuple[PolicyPreview, ...]:
        """Return what would come of policies; one that fails does not keep others from it."""
        looks = await self._look_at_all(keys)
        known = {each.policy.key for each in looks}
        owners = await self._look_at_all(self._find_owners(looks) - known)
        made = _collect_made_roots((*looks, *owners))
        return tuple(self._preview(look, made) for look in looks)

    async def _look_at_all(self, keys: Iterable[ObjectKey]) -> tuple[_Look, ...]:
        found = (self._homes.read(key) for key in keys)
        policies = (policy for policy in found if policy is not None)
        return tuple(await asyncio.gather(*(self._look(policy) for policy in policies)))

    async def _look(self, policy: PolicyObject) -> _Look:
        async with self._slots:
            accepted = None
            try:
                accepted = await self._controller.acceptor.accept(policy)
                snapshot = await self._controller.vault.observe(policy, accepted)
            except RootTrustError as error:
                return _Look(policy=policy, accepted=accepted, error=error)
            return _Look(policy=policy, accepted=accepted, snapshot=snapshot)

    def _find_owners(self, looks: Iterable[_Look]) -> set[ObjectKey]:
        """Return the policies that are to make roots which these policies look for."""
        owners: set[ObjectKey] = set()
        for look in looks:
            if look.snapshot is None or look.accepted is None:
                continue
            claim = look.accepted.demand.claim
            is_missing = look.snapshot.facts.root_issuer is None
            owner = self._controller.claims.find_maker(claim) if is_missing else None
            if owner is not None:
                owners.add(build_policy_key(owner.policy))
        return owners

    def _preview(self, look: _Look, made: dict[RootPlace, MadeRoot]) -> PolicyPreview:
        if look.accepted is None or look.snapshot is None:
            return self._tell_error(look)
        target = look.accepted.target
        preview = preview_policy(look.snapshot)
        root = made.get(get_root_place(target))
        if root is not None and preview.made_root is None:
            preview = preview_policy(assume_root(look.snapshot, root))
        plan = preview.plan
        after = plan if look.is_observed_only else forget_actions(plan)
        work = VaultWork(plan=after, failure=find_failure(after, look.snapshot.facts))
        outcome = build_outcome(look.policy, look.accepted.demand.spec, target, work)
        request = self._controller.observe_certificates(
            look.policy, look.accepted, forget_actions(plan)
        )
        certificates = plan_issuance(request)
        report = report_issuance(
            request,
            certificates,
            {},
            is_observed_only=look.is_observed_only,
            now=look.snapshot.now,
        )
        return PolicyPreview(
            policy=look.policy,
            judgements=judge(replace(outcome, issuance=report)),
            is_observed_only=look.is_observed_only,
            target=target,
            plan=plan,
            certificates=certificates,
            directives=plan_directives(request, certificates),
            rotation=_foresee(look),
        )

    def _tell_error(self, look: _Look) -> PolicyPreview:
        if look.accepted is None:
            fault = build_fault(look.error) if look.error else None
            outcome = Outcome(generation=look.policy.generation, refusal=fault)
        else:
            spec, target = look.accepted.demand.spec, look.accepted.target
            outcome = build_outcome(look.policy, spec, target, VaultWork(failure=look.error))
        return PolicyPreview(
            policy=look.policy,
            judgements=judge(outcome),
            is_observed_only=look.is_observed_only,
            target=look.accepted.target if look.accepted else None,
            error=look.error,
        )


def _foresee(look: _Look) -> str | None:
    """Return what the policy that owns a root starts by its generation; an observer starts none."""
    course = look.accepted.course if look.accepted else None
    is_owner = course is not None and course.owner == look.policy.identity
    if course is None or not is_owner or look.is_observed_only:
        return None
    return foresee_rotation(course)


def _collect_made_roots(looks: Iterable[_Look]) -> dict[RootPlace, MadeRoot]:
    """Return the roots that policies will make; one that is observed only makes none."""
    made: dict[RootPlace, MadeRoot] = {}
    for look in looks:
        if look.snapshot is None or look.is_observed_only:
            continue
        root = preview_policy(look.snapshot).made_root
        if root is not None:
            made[get_root_place(look.snapshot.target)] = root
    return made
