"""What applying a plan would come to: all rounds of it, without making any write.

What a later round needs of an earlier one is assumed as Vault would make it. What only Vault can
choose, such as the id of an issuer, stands as `KNOWN_AFTER_APPLY` in paths and documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from roottrust.api.choices import RootSource
from roottrust.domain.action import Action
from roottrust.domain.existing_root import RootPlan
from roottrust.domain.facts import IssuerFacts, MountFacts, Unread, VaultFacts
from roottrust.domain.imported_root import ImportedRoot
from roottrust.domain.plan import Plan, list_next_actions, plan_policy
from roottrust.domain.rotation.next_root import NextRootPlan
from roottrust.domain.rotation.next_root_preview import assume_next, build_made_certificate
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.target import VaultTarget
from roottrust.domain.vault_object import VaultKind

# It has to pass for an issuer's id in a Vault policy, and for a uid in an ownership mark.
KNOWN_AFTER_APPLY = "known-after-apply"

# An import, its name, and a look at what has it.
_ROUNDS_OF_NEXT = 3

RootPlace = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class MadeRoot:
    """A root that is not there yet, as it will be."""

    mount: MountFacts
    issuer: IssuerFacts


@dataclass(frozen=True, kw_only=True)
class Preview:
    """The writes of all rounds in one plan, with what still stands in the way after them."""

    plan: Plan
    made_root: MadeRoot | None = None


def get_root_place(target: VaultTarget) -> RootPlace:
    """Return which root a policy relies on: policies may share it."""
    return (target.server, target.namespace or "", target.root.mount)


def preview_policy(snapshot: Snapshot) -> Preview:
    """Work out everything that will be written for a policy; pure and total as the plan is."""
    plan = plan_policy(snapshot)
    made = _make_root(snapshot, plan.root)
    if made is None:
        return Preview(plan=_preview_next(snapshot, plan))
    after = plan_policy(_assume_made(snapshot, made))
    root = replace(after.root, actions=plan.root.actions + after.root.actions)
    return Preview(plan=replace(after, root=root), made_root=made)


def foresee_policy(snapshot: Snapshot) -> Plan:
    """Return all that would be written beside the roots as they are: what an observer is told."""
    now = plan_policy(snapshot)
    return replace(preview_policy(snapshot).plan, root=now.root, next_root=now.next_root)


def _preview_next(snapshot: Snapshot, plan: Plan) -> Plan:
    """Return the plan with all that makes the next root, which may take several rounds."""
    of_root, of_next = plan.root.actions, list_next_actions(plan)
    for _ in range(_ROUNDS_OF_NEXT):
        if plan.next_root is None or not _has_more(plan.next_root):
            break
        # What clusters need is planned anew each time: only roots are taken for made.
        mounts = _apply_mounts(snapshot.facts, (*plan.root.actions, *plan.next_root.actions))
        assumed = replace(snapshot, facts=replace(snapshot.facts, mounts=mounts))
        snapshot = assume_next(assumed, plan.next_root.actions, issuer_id=KNOWN_AFTER_APPLY)
        plan = plan_policy(snapshot)
        of_root += plan.root.actions
        # What is not taken for made is planned once more.
        of_next += tuple(each for each in list_next_actions(plan) if each not in of_next)
    if plan.next_root is None:
        return plan
    root = replace(plan.root, actions=of_root)
    return replace(plan, root=root, next_root=replace(plan.next_root, actions=of_next))


def _has_more(following: NextRootPlan) -> bool:
    """Whether something else is planned once what is planned for the next root is written."""
    kinds = {each.wanted.kind for each in following.actions}
    return following.is_pending or VaultKind.SECRETS_MOUNT in kinds


def assume_root(snapshot: Snapshot, made: MadeRoot) -> Snapshot:
    """Return the snapshot as it will be once the root is made; one that is there stays."""
    facts, known = snapshot.facts, snapshot.facts.root_issuer
    if isinstance(known, Unread) or (known is not None and known.has_key):
        return snapshot
    mounts = {**facts.mounts, snapshot.target.root.mount: made.mount}
    return replace(snapshot, facts=replace(facts, mounts=mounts, root_issuer=made.issuer))


def _assume_made(snapshot: Snapshot, made: MadeRoot) -> Snapshot:
    """Return the snapshot as its maker will see it: an imported root has no name yet."""
    assumed = assume_root(snapshot, made)
    facts = snapshot.facts
    if snapshot.target.root.source is not RootSource.IMPORT or facts.root_issuer is not None:
        return assumed
    unnamed = replace(made.issuer, issuer_name="")
    others = tuple(each for each in facts.other_issuers if each.issuer_id != unnamed.issuer_id)
    found = replace(assumed.facts, root_issuer=None, other_issuers=(unnamed, *others))
    return replace(assumed, facts=found)


def forget_actions(plan: Plan) -> Plan:
    """Return the plan as it will be once all its writes are made."""
    return replace(
        plan,
        root=replace(plan.root, actions=()),
        next_root=replace(plan.next_root, actions=()) if plan.next_root else None,
        clusters={name: replace(each, actions=()) for name, each in plan.clusters.items()},
    )


def _make_root(snapshot: Snapshot, plan: RootPlan) -> MadeRoot | None:
    root = snapshot.target.root
    mounts = _apply_mounts(snapshot.facts, plan.actions)
    mount = mounts.get(root.mount)
    if not plan.is_pending or mount is None:
        return None
    if isinstance(snapshot.root_secret, ImportedRoot):
        return MadeRoot(mount=mount, issuer=_build_imported(snapshot, snapshot.root_secret))
    issuer = IssuerFacts(
        issuer_id=KNOWN_AFTER_APPLY,
        issuer_name=root.issuer or "",
        certificate=build_made_certificate(root, now=snapshot.now, text=KNOWN_AFTER_APPLY),
        has_key=True,
    )
    return MadeRoot(mount=mount, issuer=issuer)


def _build_imported(snapshot: Snapshot, imported: ImportedRoot) -> IssuerFacts:
    """Return the imported root, once it has its name; it may be there without its key."""
    facts = snapshot.facts
    named = (facts.root_issuer,) if isinstance(facts.root_issuer, IssuerFacts) else ()
    known = (
        each for each in named + facts.other_issuers if each.certificate == imported.certificate
    )
    found = next(known, None)
    return IssuerFacts(
        issuer_id=found.issuer_id if found else KNOWN_AFTER_APPLY,
        issuer_name=snapshot.target.root.issuer or "",
        certificate=imported.certificate,
        has_key=True,
        key_id=KNOWN_AFTER_APPLY,
    )


def _apply_mounts(facts: VaultFacts, actions: Iterable[Action]) -> Mapping[str, MountFacts]:
    """Return the secrets mounts after the writes (Vault API sys/mounts)."""
    mounts = dict(facts.mounts)
    for action in actions:
        if action.wanted.kind is VaultKind.SECRETS_MOUNT:
            fields = action.wanted.fields
            mounts[action.wanted.path] = MountFacts(
                type=fields["type"],
                description=fields["description"],
                max_ttl_seconds=fields["max_lease_ttl"],
            )
    return mounts
