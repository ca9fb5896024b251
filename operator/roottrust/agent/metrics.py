"""What an agent counts, for Prometheus."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest

from roottrust.runtime.metric_book import MetricBook, MetricInfo, Process
from roottrust.version import read_version

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class AgentMetrics:
    """All metrics of one process, in a registry of its own; times are seconds since 1970, or 0."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        book = self._book = MetricBook(self.registry, processes=(Process.AGENT,))
        book.info(
            "roottrust_agent_build_info",
            "Always 1; its label is the version.",
            version=read_version(),
        )
        self._not_after = book.gauge(
            "roottrust_agent_not_after_timestamp_seconds",
            "When the intermediate that istiod was given ends, 0 before there is one; until then "
            "istiod signs without Vault.",
        )
        self._next_renewal = book.gauge(
            "roottrust_agent_next_renewal_timestamp_seconds",
            "When that intermediate is going to be renewed, 0 before there is one.",
        )
        self._issuances = book.counter(
            "roottrust_agent_issuances_total",
            "Intermediates that were obtained and published.",
        )
        self._renewals = book.counter(
            "roottrust_agent_renewals_total",
            "Attempts to replace an intermediate by a new one, by result: ok or the reason.",
            ["result"],
        )
        self._vault_reachable = book.gauge(
            "roottrust_agent_vault_reachable_state",
            "1 if Vault answered the last login or request, 0 if not, or before it was asked.",
        )
        self._loaded = book.gauge(
            "roottrust_agent_loaded_by_istiod_state",
            "1 if istiod was seen to serve the intermediate, 0 if not.",
        )
        self._last_error = book.gauge(
            "roottrust_agent_last_error_timestamp_seconds",
            "When something failed last, 0 if nothing did.",
        )
        self._bugs = book.counter("roottrust_agent_bugs_total", "Failures that no class fits.")

    @property
    def infos(self) -> tuple[MetricInfo, ...]:
        """What each of them means."""
        return self._book.infos

    def show_intermediate(self, *, not_after: datetime, next_renewal: datetime) -> None:
        """Show how long the published intermediate lasts."""
        self._not_after.set(not_after.timestamp())
        self._next_renewal.set(next_renewal.timestamp())

    def show_loaded(self, *, is_loaded: bool) -> None:
        """Show whether istiod serves it."""
        self._loaded.set(is_loaded)

    def show_vault(self, *, is_reachable: bool) -> None:
        """Show whether Vault answers."""
        self._vault_reachable.set(is_reachable)

    def count_issuance(self) -> None:
        """Count an intermediate that was published."""
        self._issuances.inc()

    def count_renewal(self, *, result: str) -> None:
        """Count an attempt to replace one."""
        self._renewals.labels(result=result).inc()

    def show_error(self, at: datetime) -> None:
        """Show when something failed last."""
        self._last_error.set(at.timestamp())

    def count_bug(self) -> None:
        """Count a failure that no class fits."""
        self._bugs.inc()

    def render(self) -> bytes:
        """Return everything in the text format."""
        return generate_latest(self.registry)
