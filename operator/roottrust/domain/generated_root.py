"""A root that Vault makes for the policy: once, and never another in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from roottrust.domain.action import Action, Verb
from roottrust.domain.certificate import Certificate, render_common_name
from roottrust.domain.desired import build_root
from roottrust.domain.existing_root import RootPlan
from roottrust.domain.facts import MountFacts
from roottrust.domain.own_root import (
    keep_own_root,
    list_actions,
    list_managed,
    refuse_second_root,
    refuse_to_fill,
)
from roottrust.domain.ownership import Verdict
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.target import RootTarget


def plan_generated_root(snapshot: Snapshot, mount: MountFacts | None, verdict: Verdict) -> RootPlan:
    """Keep the root that was made, or have it made in a mount that is ours and has no other."""
    root = snapshot.target.root
    if snapshot.facts.root_issuer is not None:
        plan = keep_own_root(snapshot, mount, verdict)
        return replace(plan, warnings=plan.warnings + _warn_of_edits(root, plan.certificate))
    if snapshot.facts.other_issuers:
        return refuse_second_root(snapshot)
    if not verdict.is_ours:
        return refuse_to_fill(root)
    generate = Action(verb=Verb.CREATE, wanted=build_root(root))
    return RootPlan(
        mount=root.mount,
        is_pending=True,
        actions=(*list_actions(verdict), generate),
        managed=list_managed(verdict),
    )


def _warn_of_edits(root: RootTarget, found: Certificate | None) -> tuple[str, ...]:
    """Tell of what is asked for and came too late: the root stays as it was made."""
    edits = "; ".join(_list_edits(root, found)) if found else ""
    if not edits:
        return ()
    kept = f"The root in {root.mount}/ is kept as it was made ({edits})"
    advice = "take these edits of management.root back, or raise rotation.rootGeneration"
    return (f"{kept}: {advice} to have another root that is so.",)


def _list_edits(root: RootTarget, found: Certificate) -> Iterator[str]:
    if found.subject != render_common_name(root.common_name):
        yield f"its subject is {found.subject!r}, not commonName {root.common_name!r}"
    if found.life_days != root.ttl_days:
        yield f"it is valid for {found.life_days} days, not ttlDays {root.ttl_days}"
    if found.key_type != root.key_type:
        yield f"its key is {found.key_type}, not keyType {root.key_type}"
