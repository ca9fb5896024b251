"""The part of the page with everything that is known, policy by policy, folded where it is long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from xml.etree.ElementTree import Element

from roottrust.cli.report_page.health_sign import count_healths, show_sign
from roottrust.cli.report_page.markup import Child, make
from roottrust.cli.report_page.mesh_table import build_meshes
from roottrust.cli.report_page.trust_group import sort_policies
from roottrust.cli.report_page.words import mark_up, show_end, show_fingerprint
from roottrust.cli.status.render_rotation import describe_rest, name_rotation, show_stages
from roottrust.cli.status.report import PolicyReport, RootReport
from roottrust.cli.status.rotation_report import RotationReport, TrustedRootReport
from roottrust.cli.status.verdict import describe_policy
from roottrust.domain.counted import count

_MOST = 50
_AHEAD = 5
_OPEN, _OPEN_ROWS = 5, 30
_ROWS, _FEWEST_ROWS = 100, 6


def build_policies(policies: Sequence[PolicyReport], *, now: datetime) -> Iterator[Element]:
    """Return the policies, the worst first, and how many more there are."""
    ordered = sort_policies(policies)
    shown, left = ordered[:_MOST], ordered[_MOST:]
    rows = max(_ROWS // max(len(shown), 1), _FEWEST_ROWS)
    for number, each in enumerate(shown):
        is_open = number < _OPEN and len(each.meshes) <= _OPEN_ROWS
        yield _build_policy(each, rows=rows, is_open=is_open, now=now)
    if left:
        told = count_healths([each.health for each in left])
        words = f"And {count(len(left), 'more policy')}: {told}. `roottrust status` shows them all."
        yield make("p", *mark_up(words), class_="more")


def _build_policy(policy: PolicyReport, *, rows: int, is_open: bool, now: datetime) -> Element:
    head = make(
        "summary",
        make("h3", show_sign(policy.health), f" {policy.full_name}"),
        make("span", f" {describe_policy(policy)}", class_="state"),
    )
    facts = make("dl", *_list_facts(policy, now=now), class_="facts")
    known = {"open": "open"} if is_open else {}
    return make("details", head, facts, *build_meshes(policy, most=rows, now=now), **known)


def _list_facts(policy: PolicyReport, *, now: datetime) -> Iterator[Element]:
    if policy.root is None:
        yield from _build_fact("Root", "not known yet")
    else:
        yield from _build_fact("Root", *_describe_root(policy.root, now=now))
    for each in policy.trust_bundle:
        if each.reason != "Root":
            yield from _build_fact(each.reason, *_describe_trusted(each, now=now))
    if policy.rotation is not None:
        words = _describe_rotation(policy.rotation, policy=policy.full_name, now=now)
        if words:
            sign = show_sign(policy.rotation.health)
            yield from _build_fact("Rotation", sign, " ", *mark_up(words))
    yield from _build_fact(
        "Intermediates", f"generation {policy.generation}", _describe_ahead(policy)
    )


def _build_fact(name: str, *told: Child) -> Iterator[Element]:
    yield make("div", make("dt", name), make("dd", *told))


def _describe_root(root: RootReport, *, now: datetime) -> Iterator[Child]:
    yield show_sign(root.health)
    yield f" {root.subject}, "
    yield show_end(root.not_after, now=now)
    yield ", SHA-256 "
    yield show_fingerprint(root.fingerprint)
    if root.mount:
        yield f", in Vault's {root.mount}"


def _describe_trusted(root: TrustedRootReport, *, now: datetime) -> Iterator[Child]:
    yield f"{root.subject or 'A root'}, "
    if root.not_after is not None:
        yield show_end(root.not_after, now=now)
        yield ", "
    yield "SHA-256 "
    yield show_fingerprint(root.fingerprint)


def _describe_rotation(rotation: RotationReport, *, policy: str, now: datetime) -> str | None:
    if rotation.stage is None:
        return describe_rest(rotation, policy=policy, now=now)
    return f"{name_rotation(rotation)}: {show_stages(rotation)}"


def _describe_ahead(policy: PolicyReport) -> str | None:
    """Return the clusters that were rotated alone."""
    ahead = policy.cluster_generations
    if not ahead:
        return None
    told = ", ".join(f"{name} {number}" for name, number in sorted(ahead.items())[:_AHEAD])
    more = len(ahead) - _AHEAD
    return f" (ahead of it: {told}{f' and {more} more' if more > 0 else ''})"
