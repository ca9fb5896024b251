"""Which series and labels a query or a text names; whether it is PromQL, promtool says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from roottrust.cli.metrics_reference import list_metrics

# Prometheus makes these itself.
FOREIGN: dict[str, frozenset[str]] = {
    "up": frozenset(),
    "ALERTS": frozenset({"alertname", "alertstate"}),
}
# What scraping adds to each series.
TARGET = frozenset({"instance", "job", "namespace", "pod"})
KNOWN: dict[str, frozenset[str]] = FOREIGN | {
    series: frozenset(each.labels) | ({"le"} if series.endswith("_bucket") else set())
    for each in list_metrics()
    for series in each.series
}

_SELECTOR = re.compile(r"\b(roottrust_\w+|up|ALERTS)\b(?:\{([^}]*)\})?")
_MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
_PLACEHOLDER = re.compile(r"\$labels\.(\w+)")


def list_selectors(query: str) -> Iterator[tuple[str, frozenset[str]]]:
    """Return each series of a query with the labels that it is selected by."""
    for found in _SELECTOR.finditer(query):
        yield found[1], frozenset(_MATCHER.findall(found[2] or ""))


def list_grouping(query: str) -> set[str]:
    """Return the labels that a query groups or joins by."""
    words = (word for found in _GROUPING.findall(query) for word in found.split(","))
    return {word.strip() for word in words if word.strip()}


def list_placeholders(text: str) -> set[str]:
    """Return the labels that an annotation names."""
    return set(_PLACEHOLDER.findall(text))


def find_labels(query: str) -> frozenset[str]:
    """Return every label that the series of a query may have."""
    return TARGET.union(*(KNOWN[series] for series, _ in list_selectors(query)))


def check_query(query: str) -> None:
    """Assert that a query names series and labels that exist, and at least one series."""
    found = list(list_selectors(query))
    assert found
    for series, labels in found:
        assert series in KNOWN, f"{series} is no metric"
        assert labels <= KNOWN[series] | TARGET, f"{series} has no {labels - KNOWN[series]}"
    assert list_grouping(query) <= find_labels(query)
