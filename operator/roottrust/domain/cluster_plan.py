"""One cluster's part of a plan: intermediate mount, auth mount and config, policy, role."""

from __future__ import annotations

from dataclasses import dataclass, replace

from roottrust.api.choices import ConditionStatus
from roottrust.domain.action import Action, Verb
from roottrust.domain.conflict_text import describe_conflicts
from roottrust.domain.desired import (
    build_auth_config,
    build_auth_mount,
    build_intermediate_mount,
    build_policy,
    build_role,
    get_auth_config_path,
)
from roottrust.domain.existing_root import RootPlan, UsableRoot
from roottrust.domain.facts import ClusterFacts, Unread
from roottrust.domain.fault import Fault, build_fault
from roottrust.domain.key_trouble import find_unknown_keys, list_key_warnings
from roottrust.domain.mark import parse_mark
from roottrust.domain.ownership import (
    Conflict,
    ManagedObject,
    Verdict,
    judge_marked,
    judge_part,
)
from roottrust.domain.policy_mark import split_policy
from roottrust.domain.reasons import Reason
from roottrust.domain.redaction import build_one_line
from roottrust.domain.reviewer import judge_reviewer
from roottrust.domain.rotation.cluster_trust import find_trust
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.target import ClusterTarget
from roottrust.domain.vault_object import Difference, VaultKind

_HIDDEN = "token_reviewer_jwt_set"
_MOUNTS = frozenset({VaultKind.SECRETS_MOUNT, VaultKind.AUTH_MOUNT})
_NOTHING_FOUND = ClusterFacts(auth_config=None, role=None, role_names=(), policy=None)


@dataclass(frozen=True, kw_only=True)
class ClusterPlan:
    """What to write for one cluster; with conflicts, only what does not depend on them.

    `withheld` is what would be written if nothing were in the way.
    """

    cluster: ClusterTarget
    actions: tuple[Action, ...] = ()
    withheld: tuple[Action, ...] = ()
    managed: tuple[ManagedObject, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    fault: Fault | None = None
    warnings: tuple[str, ...] = ()

    @property
    def builds_on_mounts(self) -> bool:
        """Whether anything is written that relies on a mount which is there."""
        made = {each.wanted.path for each in self.actions if each.verb is Verb.CREATE}
        mounts = {each.wanted.path for each in self.managed if each.wanted.kind in _MOUNTS}
        return bool(self.actions) and not mounts <= made


def plan_cluster(
    snapshot: Snapshot,
    cluster: ClusterTarget,
    *,
    root: RootPlan,
    following: UsableRoot | None = None,
) -> ClusterPlan:
    """Work out one cluster; nothing is made for it before its roots can be used.

    `following` is the root that is to take the other's place.
    """
    facts = snapshot.facts.clusters.get(cluster.cluster, _NOTHING_FOUND)
    if isinstance(facts, Unread):
        return ClusterPlan(cluster=cluster, fault=build_fault(facts.error))
    trust = find_trust(cluster.step, root=root.usable, following=following)
    if trust is None:
        return ClusterPlan(cluster=cluster)
    unknown_keys = find_unknown_keys(cluster)
    if unknown_keys is not None:
        return ClusterPlan(cluster=cluster, fault=unknown_keys)
    verdicts = _judge_all(snapshot, cluster, facts, trust.signer)
    conflicts = tuple(each.conflict for each in verdicts if each.conflict)
    withheld = tuple(each.withheld for each in verdicts if each.withheld)
    return ClusterPlan(
        cluster=cluster,
        actions=_put_mark_last(tuple(each.action for each in verdicts if each.action)),
        withheld=withheld,
        managed=tuple(each.managed for each in verdicts if each.managed),
        conflicts=conflicts,
        fault=_build_conflict_fault(conflicts),
        warnings=(*_warn_of_foreign_roles(cluster, facts), *list_key_warnings(cluster)),
    )


def _judge_all(
    snapshot: Snapshot, cluster: ClusterTarget, facts: ClusterFacts, root: UsableRoot
) -> tuple[Verdict, ...]:
    """Judge the parts in order; what grants is not written while what it relies on is another's."""
    intermediate = _judge_intermediate_mount(snapshot, cluster)
    auth = _judge_auth_mount(snapshot, cluster, facts)
    policy = _judge_policy(snapshot, cluster, facts, root)
    if auth.conflict is not None:
        return (*intermediate, auth, policy.withhold())
    config = _judge_auth_config(snapshot, cluster, facts, auth)
    needed = (*intermediate, auth, config)
    role = judge_part(build_role(cluster), facts.role, parent=auth)
    if any(each.conflict for each in needed):
        policy = policy.withhold()
    if any(each.conflict for each in (*needed, policy)):
        # That a role is missing which is not made anyway is no news; how one differs is.
        is_missing = role.conflict is not None and not role.conflict.differences
        role = replace(role.withhold(), conflict=None if is_missing else role.conflict)
    return (*needed, policy, role)


def _put_mark_last(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    """Have an auth mount that is there marked as ours only when its config is written.

    The mark ends the taking over: killed between the two, nobody would know of a hidden token.
    """
    kinds = [each.wanted.kind for each in actions]
    if not {VaultKind.AUTH_MOUNT, VaultKind.AUTH_CONFIG} <= set(kinds):
        return actions
    at = kinds.index(VaultKind.AUTH_MOUNT)
    mount, config = actions[at : at + 2]
    if mount.verb is Verb.CREATE:
        return actions
    return (*actions[:at], config, mount, *actions[at + 2 :])


def _judge_intermediate_mount(snapshot: Snapshot, cluster: ClusterTarget) -> tuple[Verdict, ...]:
    name = cluster.intermediate_mount
    if name is None:
        return ()
    mount = snapshot.facts.mounts.get(name)
    days = snapshot.target.intermediate.ttl_days
    verdict = judge_marked(
        lambda mark: build_intermediate_mount(name, ttl_days=days, mark=mark),
        mount.get_fields() if mount else None,
        mark_text=mount.description if mount else None,
        claimant=snapshot.claimant,
        mark_field="description",
        taken=snapshot.target.taken,
    )
    return (verdict,)


def _judge_auth_mount(snapshot: Snapshot, cluster: ClusterTarget, facts: ClusterFacts) -> Verdict:
    mount = snapshot.facts.auth_mounts.get(cluster.auth_mount)
    verdict = judge_marked(
        lambda mark: build_auth_mount(cluster, mark),
        mount.get_fields() if mount else None,
        mark_text=mount.description if mount else None,
        claimant=snapshot.claimant,
        mark_field="description",
        taken=snapshot.target.taken,
    )
    foreign = _find_foreign_roles(cluster, facts)
    is_marked = mount is not None and parse_mark(mount.description) is not None
    if verdict.managed is None or is_marked or snapshot.claimant.adopts or not foreign:
        return verdict
    note = f"it has roles of others ({_show_names(foreign)})"
    return Verdict(conflict=Conflict(path=verdict.managed.wanted.path, note=note))


def _judge_auth_config(
    snapshot: Snapshot, cluster: ClusterTarget, facts: ClusterFacts, auth: Verdict
) -> Verdict:
    verdict = _judge_config(cluster, facts, auth=auth)
    path = get_auth_config_path(cluster.auth_mount)
    return judge_reviewer(
        verdict,
        cluster.login_check,
        facts.auth_config,
        known=snapshot.reviewer_tokens.get(path),
        now=snapshot.now,
    )


def _judge_config(cluster: ClusterTarget, facts: ClusterFacts, *, auth: Verdict) -> Verdict:
    """Judge the config; with a mount that is taken over, what cannot be read is written anew.

    Older versions of Vault do not tell whether they keep a token of a reviewer.
    """
    wanted, found = build_auth_config(cluster), facts.auth_config
    verdict = judge_part(wanted, found, parent=auth)
    is_taken_over = auth.action is not None and auth.action.verb is Verb.UPDATE
    is_hidden = found is not None and _HIDDEN in wanted.fields and _HIDDEN not in found
    if verdict.action is not None or not (is_taken_over and is_hidden):
        return verdict
    hidden = Difference(path=wanted.path, field=_HIDDEN, wanted="False", found="not told by Vault")
    action = Action(verb=Verb.UPDATE, wanted=wanted, differences=(hidden,))
    return replace(verdict, action=action)


def _judge_policy(
    snapshot: Snapshot, cluster: ClusterTarget, facts: ClusterFacts, root: UsableRoot
) -> Verdict:
    found = None if facts.policy is None else split_policy(facts.policy)
    return judge_marked(
        lambda mark: build_policy(
            cluster,
            target=snapshot.target,
            issuer_id=root.issuer_id,
            ttl_days=root.ttl_days,
            mark=mark,
        ),
        found,
        mark_text=found["mark"] if found else None,
        claimant=snapshot.claimant,
        mark_field="mark",
        taken=snapshot.target.taken,
    )


def _find_foreign_roles(cluster: ClusterTarget, facts: ClusterFacts) -> tuple[str, ...]:
    return tuple(name for name in facts.role_names if name != cluster.role)


def _warn_of_foreign_roles(cluster: ClusterTarget, facts: ClusterFacts) -> tuple[str, ...]:
    foreign = _find_foreign_roles(cluster, facts)
    if not foreign:
        return ()
    names = _show_names(foreign)
    return (f"auth/{cluster.auth_mount} has roles that roottrust did not make: {names}.",)


def _show_names(names: tuple[str, ...]) -> str:
    return build_one_line(", ".join(names))


def _build_conflict_fault(conflicts: tuple[Conflict, ...]) -> Fault | None:
    if not conflicts:
        return None
    return Fault(
        status=ConditionStatus.FALSE,
        reason=Reason.CONFLICT,
        message=describe_conflicts(conflicts),
    )
