"""The whole page, from what `roottrust status` knows: the same report gives the same bytes.

It loads nothing and runs nothing: its policy (CSP) allows its own style alone, by its hash.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from xml.etree.ElementTree import Element

from roottrust.cli.report_page.end import list_ends
from roottrust.cli.report_page.finding import list_findings
from roottrust.cli.report_page.findings import build_findings
from roottrust.cli.report_page.health_sign import (
    WORDS,
    build_symbols,
    name_class,
    show_sign,
)
from roottrust.cli.report_page.maps import build_maps
from roottrust.cli.report_page.markup import make, serialise
from roottrust.cli.report_page.policies import build_policies
from roottrust.cli.report_page.summary import build_summary
from roottrust.cli.report_page.timeline import build_timeline
from roottrust.cli.report_page.words import mark_up, show_moment
from roottrust.cli.status.report import Result, StatusReport
from roottrust.cli.status.verdict import describe_counts, name_result
from roottrust.domain.health import Health

_STYLE = files(__package__).joinpath("style.css").read_text(encoding="utf-8")
_HEALTHS = {
    Result.WELL: Health.GOOD,
    Result.UNFINISHED: Health.UNKNOWN,
    Result.FAULTY: Health.BAD,
}


@dataclass(frozen=True, kw_only=True)
class Origin:
    """How a page came about: which policies were asked for, what could not be read, by whom."""

    scope: str
    notes: tuple[str, ...] = ()
    version: str


@dataclass(frozen=True, kw_only=True)
class _Part:
    """A part of the page, which the contents lead to."""

    identity: str
    heading: str
    content: Sequence[Element]


def render_page(report: StatusReport, origin: Origin) -> str:
    """Return the page."""
    parts = tuple(_list_parts(report))
    title = f"{name_result(report.result)} - trust report, {report.read_at:%Y-%m-%d %H:%M} UTC"
    body = make(
        "body",
        build_symbols(),
        make("a", "To what is not well", href="#findings", class_="skip"),
        _build_header(report, origin, parts),
        make("main", *map(_build_part, parts)),
        _build_footer(origin),
    )
    return serialise(make("html", _build_head(title), body, lang="en"))


def _build_head(title: str) -> Element:
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    style = make("style")
    style.text = _STYLE
    return make(
        "head",
        make("meta", charset="utf-8"),
        make("meta", http_equiv="Content-Security-Policy", content=policy),
        make("meta", name="viewport", content="width=device-width, initial-scale=1"),
        make("meta", name="color-scheme", content="light dark"),
        make("meta", name="referrer", content="no-referrer"),
        make("title", title),
        style,
    )


def _build_header(report: StatusReport, origin: Origin, parts: Sequence[_Part]) -> Element:
    health = _HEALTHS[report.result]
    verdict = make(
        "p",
        show_sign(health, is_told=False),
        make("strong", f" {name_result(report.result)}"),
        f": {describe_counts(report)}.",
        class_=f"verdict {name_class(health)}",
    )
    read = make("p", f"{origin.scope}, as of ", show_moment(report.read_at), ".", class_="read")
    links = (make("li", make("a", each.heading, href=f"#{each.identity}")) for each in parts)
    notes = (make("li", *mark_up(each)) for each in origin.notes)
    return make(
        "header",
        make("h1", "Trust report"),
        read,
        verdict,
        make("ul", *notes, class_="notes") if origin.notes else None,
        build_summary(report),
        make("nav", make("ul", *links), aria_label="Contents"),
    )


def _list_parts(report: StatusReport) -> Iterator[_Part]:
    now, policies = report.read_at, report.policies
    findings = list_findings(report)
    yield _Part(
        identity="findings",
        heading="What is not well",
        content=tuple(build_findings(findings, now=now)),
    )
    yield _Part(identity="map", heading="Trust map", content=tuple(build_maps(policies, now=now)))
    yield _Part(
        identity="timeline",
        heading="What ends when",
        content=tuple(build_timeline(list_ends(policies, now=now), now=now)),
    )
    yield _Part(
        identity="policies",
        heading="Policies",
        content=tuple(build_policies(policies, now=now)),
    )


def _build_part(part: _Part) -> Element:
    heading = f"{part.identity}-heading"
    head = make("h2", part.heading, id=heading)
    return make("section", head, *part.content, id=part.identity, aria_labelledby=heading)


def _build_footer(origin: Origin) -> Element:
    signs = (
        make("span", show_sign(each, is_told=False), f" {words}") for each, words in WORDS.items()
    )
    words = (
        f"Made by roottrust {origin.version} from what `roottrust status` reads: the management "
        "cluster alone, never Vault. Nothing in it is secret, and it does not change."
    )
    return make("footer", make("p", *signs, class_="legend"), make("p", *mark_up(words)))
