"""The part of the page with the trust maps: one for each root, the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from xml.etree.ElementTree import Element

from roottrust.cli.report_page.health_sign import count_healths, show_sign
from roottrust.cli.report_page.markup import make
from roottrust.cli.report_page.trust_group import TrustGroup, group_by_root
from roottrust.cli.report_page.trust_map import NARROW, WIDE, TrustMap
from roottrust.cli.status.report import PolicyReport
from roottrust.domain.counted import count
from roottrust.domain.some_names import list_some

_MOST = 12


def build_maps(policies: Sequence[PolicyReport], *, now: datetime) -> Iterator[Element]:
    """Return the pictures, and how many more roots there are."""
    groups = group_by_root(policies)
    for number, group in enumerate(groups[:_MOST]):
        yield _build_map(group, number=number, now=now)
    left = groups[_MOST:]
    if left:
        told = count_healths([each.health for each in left])
        yield make("p", f"And {count(len(left), 'more root')}: {told}.", class_="more")


def _build_map(group: TrustGroup, *, number: int, now: datetime) -> Element:
    name = group.root.subject if group.root else "Root not known yet"
    names = list_some([each.full_name for each in group.policies])
    unlisted = group.unlisted
    more = (
        f" There is no room in the status of policies for {count(unlisted, 'more mesh')}."
        if unlisted > 0
        else ""
    )
    plural = "policies" if len(group.policies) > 1 else "policy"
    wide = TrustMap(group, width=WIDE, now=now)
    narrow = TrustMap(group, width=NARROW, now=now)
    return make(
        "figure",
        make("h3", show_sign(group.health), f" {name}"),
        wide.draw(identity=f"map-{number}-wide", class_="wide"),
        narrow.draw(identity=f"map-{number}-narrow", class_="narrow"),
        make("figcaption", f"Of the {plural} {names}.{more}"),
    )
