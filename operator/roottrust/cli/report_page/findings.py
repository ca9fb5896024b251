"""The part of the page that tells what is not well, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from xml.etree.ElementTree import Element

from roottrust.cli.report_page.finding import Finding
from roottrust.cli.report_page.health_sign import WORDS, WORST_FIRST, name_class, show_sign
from roottrust.cli.report_page.markup import make
from roottrust.cli.report_page.words import mark_up, show_distance
from roottrust.domain.health import Health

_MOST = 40


def build_findings(findings: Sequence[Finding], *, now: datetime) -> Iterator[Element]:
    """Return the list, the worst first, and how many more there are."""
    if not findings:
        yield make("p", show_sign(Health.GOOD, is_told=False), " Nothing. There is nothing to do.")
        return
    shown = (_build_item(each, now=now) for each in findings[:_MOST])
    yield make("ol", *shown, class_="findings")
    left = Counter(each.health for each in findings[_MOST:])
    if left:
        told = ", ".join(f"{left[each]} {WORDS[each]}" for each in WORST_FIRST if left[each])
        words = f"And {left.total()} more: {told}. `roottrust status` shows them all."
        yield make("p", *mark_up(words), class_="more")


def _build_item(finding: Finding, *, now: datetime) -> Element:
    since = finding.since
    return make(
        "li",
        make("h3", show_sign(finding.health), f" {finding.subject}"),
        make(
            "p",
            make("strong", finding.name),
            *((" (since ", show_distance(since, now=now), ")") if since else ()),
        ),
        make("p", *mark_up(finding.message)) if finding.message else None,
        make("ul", *(make("li", each) for each in finding.details)) if finding.details else None,
        *(make("pre", make("code", each)) for each in finding.commands),
        class_=f"finding {name_class(finding.health)}",
    )
