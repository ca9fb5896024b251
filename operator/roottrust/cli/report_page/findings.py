"""The part of the page that tells what is not well, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from xml.etree.ElementTree import Element

from roottrust.cli.report_page.finding import Finding
from roottrust.cli.report_page.health_sign import count_healths, name_class, show_sign
from roottrust.cli.report_page.markup import Child, make
from roottrust.cli.report_page.words import mark_up, show_distance
from roottrust.domain.health import Health

_SHOWN, _MOST = 10, 60


def build_findings(findings: Sequence[Finding], *, now: datetime) -> Iterator[Element]:
    """Return the list, the worst first; what is far down is folded, and then counted alone."""
    if not findings:
        yield make("p", show_sign(Health.GOOD, is_told=False), " Nothing. There is nothing to do.")
        return
    yield _build_list(findings[:_SHOWN], now=now)
    folded = findings[_SHOWN:_MOST]
    if folded:
        head = make("summary", f"{len(folded)} more: {_count(folded)}")
        yield make("details", head, _build_list(folded, now=now))
    left = findings[_MOST:]
    if left:
        words = f"And {len(left)} more: {_count(left)}. `roottrust status` shows them all."
        yield make("p", *mark_up(words), class_="more")


def _build_list(findings: Sequence[Finding], *, now: datetime) -> Element:
    return make("ol", *(_build_item(each, now=now) for each in findings), class_="findings")


def _count(findings: Sequence[Finding]) -> str:
    return count_healths([each.health for each in findings])


def _build_item(finding: Finding, *, now: datetime) -> Element:
    return make(
        "li",
        make("h3", show_sign(finding.health), f" {finding.subject}"),
        make("p", *_tell(finding)),
        make("ul", *(make("li", each) for each in finding.details)) if finding.details else None,
        *(make("pre", make("code", each)) for each in finding.commands),
        _tell_since(finding.since, now=now) if finding.since else None,
        class_=f"finding {name_class(finding.health)}",
    )


def _tell(finding: Finding) -> Iterator[Child]:
    if finding.name:
        yield make("strong", f"{finding.name}: ")
    yield from mark_up(finding.message)


def _tell_since(since: datetime, *, now: datetime) -> Element:
    return make("p", "Since ", show_distance(since, now=now), class_="since")
