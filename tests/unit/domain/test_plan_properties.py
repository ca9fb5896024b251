"""What holds for the plan of any policy in any Vault."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain, pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from roottrust.api.choices import RootSource
from roottrust.domain.action import Action, Verb
from roottrust.domain.facts import ClusterFacts, IssuerFacts, Unread, VaultFacts
from roottrust.domain.imported_root import ImportedRoot
from roottrust.domain.login_check import SignatureCheck
from roottrust.domain.mark import Mark, parse_mark
from roottrust.domain.plan import Plan, list_next_actions, plan_policy
from roottrust.domain.policy_document import read_mark
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.target import ClusterTarget
from roottrust.domain.vault_object import VaultKind
from tests.unit.domain.rotations import some_snapshots
from tests.unit.domain.samples import HUB, IDENTITY, OTHER_POLICY, PRIVATE_KEY
from tests.unit.domain.strategies import cluster_parts, put_part, snapshots
from tests.unit.domain.vault_model import apply, settle

ROUNDS = 4
RANKS = {kind: rank for rank, kind in enumerate(VaultKind)}
EXAMPLES = settings(max_examples=75, deadline=None)


@EXAMPLES
@given(snapshot=some_snapshots())
def test_planning_after_applying_yields_nothing(snapshot: Snapshot) -> None:
    settled, plans = settle(snapshot, rounds=ROUNDS)
    assert plan_policy(settled).actions == ()
    assert len(plans) < ROUNDS


@EXAMPLES
@given(snapshot=some_snapshots())
def test_same_snapshot_gives_the_same_plan(snapshot: Snapshot) -> None:
    assert plan_policy(snapshot) == plan_policy(snapshot)


@EXAMPLES
@given(snapshot=some_snapshots())
def test_each_action_finds_what_it_needs_made_before(snapshot: Snapshot) -> None:
    facts = snapshot.facts
    for action in plan_policy(snapshot).actions:
        facts = apply(facts, action, target=snapshot.target, now=snapshot.now)


@EXAMPLES
@given(snapshot=some_snapshots())
def test_objects_are_made_in_the_order_of_their_kinds(snapshot: Snapshot) -> None:
    plan = plan_policy(snapshot)
    clusters = (cluster.actions for cluster in plan.clusters.values())
    parts = [plan.root.actions, list_next_actions(plan), *clusters]
    for actions in parts:
        ranks = [RANKS[each.wanted.kind] for each in actions if not is_mark_of_login(each)]
        assert all(before < after for before, after in pairwise(ranks))
    assert plan.actions == sum(parts, ())


@EXAMPLES
@given(snapshot=some_snapshots())
def test_a_mount_that_is_taken_over_is_marked_when_its_config_is_written(
    snapshot: Snapshot,
) -> None:
    plan = plan_policy(snapshot)
    for cluster in plan.clusters.values():
        kinds = [action.wanted.kind for action in cluster.actions]
        is_marked = any(map(is_mark_of_login, cluster.actions))
        if is_marked and VaultKind.AUTH_CONFIG in kinds:
            assert kinds.index(VaultKind.AUTH_CONFIG) + 1 == kinds.index(VaultKind.AUTH_MOUNT)


def is_mark_of_login(action: Action) -> bool:
    """Whether it puts an auth mount right that is there."""
    return action.wanted.kind is VaultKind.AUTH_MOUNT and action.verb is Verb.UPDATE


@EXAMPLES
@given(snapshot=snapshots())
def test_nothing_is_made_for_a_cluster_before_the_root_is_usable(snapshot: Snapshot) -> None:
    plan = plan_policy(snapshot)
    if plan.root.usable is None:
        assert not any(cluster.actions or cluster.managed for cluster in plan.clusters.values())


@EXAMPLES
@given(snapshot=some_snapshots())
def test_nothing_is_granted_where_what_it_relies_on_is_in_conflict(snapshot: Snapshot) -> None:
    for cluster in plan_policy(snapshot).clusters.values():
        target = cluster.cluster
        auth, policy = f"auth/{target.auth_mount}", f"sys/policies/acl/{target.role}"
        needed = {target.intermediate_mount, auth, f"{auth}/config"}
        found = {conflict.path for conflict in cluster.conflicts}
        written = {action.wanted.kind for action in cluster.actions}
        if found & needed:
            assert not written & {VaultKind.POLICY, VaultKind.ROLE}
        if found & {*needed, policy}:
            assert VaultKind.ROLE not in written
        else:
            assert cluster.withheld == ()


@EXAMPLES
@given(snapshot=some_snapshots())
def test_what_is_not_ours_to_write_is_never_written(snapshot: Snapshot) -> None:
    for action in plan_policy(snapshot).actions:
        path, is_there, mark = find_owner(snapshot, action)
        if mark is not None:
            is_gone = mark == OTHER_POLICY and snapshot.claimant.existing == frozenset()
            is_left = snapshot.claimant.adopts and is_gone
            assert mark.has_owner(hub=HUB, policy=IDENTITY) or is_left
        elif is_there:
            assert snapshot.claimant.adopts or path in snapshot.claimant.created


@EXAMPLES
@given(snapshot=some_snapshots())
def test_an_action_says_why_it_is_taken(snapshot: Snapshot) -> None:
    for action in plan_policy(snapshot).actions:
        assert bool(action.differences) == (action.verb is Verb.UPDATE)


@EXAMPLES
@given(snapshot=some_snapshots())
def test_a_root_is_made_only_where_generate_is_written_and_none_was_known(
    snapshot: Snapshot,
) -> None:
    _, plans = settle(snapshot, rounds=ROUNDS)
    made = [action for plan in plans for action in plan.root.actions]
    if any(action.wanted.kind is VaultKind.ROOT for action in made):
        assert snapshot.target.root.source is RootSource.GENERATE
        assert snapshot.known_root is None
        assert snapshot.facts.root_issuer is None
        assert snapshot.facts.other_issuers == ()


@EXAMPLES
@given(snapshot=some_snapshots())
def test_a_root_is_imported_only_where_that_is_written_and_no_other_one_was_known(
    snapshot: Snapshot,
) -> None:
    _, plans = settle(snapshot, rounds=ROUNDS)
    made = [action for plan in plans for action in plan.root.actions]
    imports = [each for each in made if each.wanted.kind is VaultKind.ROOT_IMPORT]
    assert len(imports) <= 1
    if imports:
        assert snapshot.target.root.source is RootSource.IMPORT
        assert isinstance(snapshot.root_secret, ImportedRoot)
        found = snapshot.root_secret.certificate.fingerprint
        assert snapshot.known_root in {None, found}


@EXAMPLES
@given(snapshot=some_snapshots())
def test_an_imported_root_is_named_before_anything_relies_on_it(snapshot: Snapshot) -> None:
    settled, plans = settle(snapshot, rounds=ROUNDS)
    # One that is there at first was asked for by that name: whatever Vault calls it, it has it.
    is_found = isinstance(snapshot.facts.root_issuer, IssuerFacts)
    is_ours = snapshot.target.root.source is RootSource.IMPORT and not is_found
    if is_ours and plans[-1].root.usable is not None and plans[-1].root.managed:
        issuer = settled.facts.root_issuer
        assert isinstance(issuer, IssuerFacts)
        assert issuer.issuer_name == "roottrust-g1"


@EXAMPLES
@given(snapshot=some_snapshots())
def test_no_key_is_in_what_can_be_printed(snapshot: Snapshot) -> None:
    hidden = PRIVATE_KEY.splitlines()[1]
    # Text is drawn from constants of the tests, too: a mount's description may be that very key.
    assume(hidden not in repr(snapshot.facts))
    _, plans = settle(snapshot, rounds=ROUNDS)
    for plan in plans:
        shown = (plan.root.fault, plan.root.warnings, plan.root.conflicts, plan.root.managed)
        of_roots = (*plan.root.actions, *list_next_actions(plan))
        actions = [(str(each), each, each.wanted.fields, each.wanted.extra) for each in of_roots]
        assert hidden not in repr((shown, plan.next_root, actions))


@EXAMPLES
@given(snapshot=some_snapshots())
def test_a_usable_root_is_the_one_that_is_known(snapshot: Snapshot) -> None:
    usable = plan_policy(snapshot).root.usable
    if usable is not None and snapshot.known_root is not None:
        assert usable.certificate.fingerprint == snapshot.known_root


@EXAMPLES
@given(snapshot=some_snapshots())
def test_the_root_is_usable_or_pending_or_has_a_fault(snapshot: Snapshot) -> None:
    root = plan_policy(snapshot).root
    assert [root.usable is not None, root.is_pending, root.fault is not None].count(True) == 1


@EXAMPLES
@given(snapshot=snapshots())
def test_a_cluster_has_a_fault_exactly_if_something_is_unknown_or_in_conflict(
    snapshot: Snapshot,
) -> None:
    plan = plan_policy(snapshot)
    for name, cluster in plan.clusters.items():
        is_unknown = isinstance(snapshot.facts.clusters[name], Unread) or (
            plan.root.usable is not None and lacks_keys(cluster.cluster)
        )
        assert (cluster.fault is not None) == (is_unknown or bool(cluster.conflicts))


@EXAMPLES
@given(snapshot=some_snapshots())
def test_nothing_is_written_for_a_cluster_whose_keys_are_not_known(snapshot: Snapshot) -> None:
    for cluster in plan_policy(snapshot).clusters.values():
        if lacks_keys(cluster.cluster):
            assert not cluster.actions
            assert not cluster.managed


@EXAMPLES
@given(data=st.data(), snapshot=some_snapshots(min_clusters=2))
def test_one_cluster_never_changes_what_is_done_for_another(
    data: st.DataObject, snapshot: Snapshot
) -> None:
    changed = data.draw(st.sampled_from(snapshot.target.clusters))
    part = data.draw(cluster_parts(changed, snapshot.target))
    before = plan_policy(snapshot)
    after = plan_policy(with_facts(snapshot, put_part(snapshot.facts, changed, part)))
    assert after.root == before.root
    assert drop(after, changed.cluster) == drop(before, changed.cluster)


@EXAMPLES
@given(snapshot=some_snapshots())
def test_everything_that_is_relied_on_is_there_or_about_to_be(snapshot: Snapshot) -> None:
    settled, plans = settle(snapshot, rounds=ROUNDS)
    following = (plans[-1].next_root,) if plans[-1].next_root else ()
    parts = (plans[-1].root, *following, *plans[-1].clusters.values())
    for managed in chain.from_iterable(part.managed for part in parts):
        assert exists_in(settled, managed.wanted.path)


def lacks_keys(cluster: ClusterTarget) -> bool:
    check = cluster.login_check
    return isinstance(check, SignatureCheck) and check.keys is None


def drop(plan: Plan, cluster: str) -> dict[str, object]:
    return {name: each for name, each in plan.clusters.items() if name != cluster}


def with_facts(snapshot: Snapshot, facts: VaultFacts) -> Snapshot:
    return replace(snapshot, facts=facts)


def find_owner(snapshot: Snapshot, action: Action) -> tuple[str, bool, Mark | None]:
    """Return what an action writes to (or into), whether it is there, and whose it says it is."""
    facts, path = snapshot.facts, action.wanted.path
    if action.wanted.kind is VaultKind.POLICY:
        document = find_cluster_facts(snapshot, path).policy
        return path, document is not None, parse_mark(read_mark(document or ""))
    if path.startswith("auth/"):
        name = path.removeprefix("auth/").split("/")[0]
        path, mount = f"auth/{name}", facts.auth_mounts.get(name)
    else:
        path = re.split("/(?:issuer|key|config)/", path)[0]
        mount = facts.mounts.get(path)
    return path, mount is not None, parse_mark(mount.description if mount else None)


def find_cluster_facts(snapshot: Snapshot, path: str) -> ClusterFacts:
    (found,) = (
        snapshot.facts.clusters[each.cluster]
        for each in snapshot.target.clusters
        if path.endswith((f"/{each.role}", f"auth/{each.auth_mount}/config"))
    )
    assert isinstance(found, ClusterFacts)
    return found


def exists_in(snapshot: Snapshot, path: str) -> bool:
    facts = snapshot.facts
    if path.endswith("/issuer/roottrust-g2"):
        return facts.next_issuer is not None
    if "/issuer/" in path:
        return facts.root_issuer is not None
    if path.startswith("sys/policies/acl/"):
        return find_cluster_facts(snapshot, path).policy is not None
    if path.endswith("/config"):
        return find_cluster_facts(snapshot, path).auth_config is not None
    if "/role/" in path:
        return find_cluster_facts(snapshot, path).role is not None
    if path.startswith("auth/"):
        return path.removeprefix("auth/") in facts.auth_mounts
    return path in facts.mounts
