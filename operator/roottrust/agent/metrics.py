"""What an agent counts, for Prometheus."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class AgentMetrics:
    """All metrics of one process, in a registry of its own; times are seconds since 1970, or 0."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        at = self.registry
        self._not_after = Gauge(
            "roottrust_agent_not_after_timestamp_seconds",
            "When the intermediate that istiod was given ends.",
            registry=at,
        )
        self._next_renewal = Gauge(
            "roottrust_agent_next_renewal_timestamp_seconds",
            "When it is going to be renewed.",
            registry=at,
        )
        self._issuances = Counter(
            "roottrust_agent_issuances",
            "Intermediates that were obtained and published.",
            registry=at,
        )
        self._renewals = Counter(
            "roottrust_agent_renewals",
            "Attempts to replace an intermediate by a new one, by result: ok or the reason.",
            ["result"],
            registry=at,
        )
        self._vault_reachable = Gauge(
            "roottrust_agent_vault_reachable_state",
            "1 if Vault answered the last login or request, 0 if not.",
            registry=at,
        )
        self._loaded = Gauge(
            "roottrust_agent_loaded_by_istiod_state",
            "1 if istiod was seen to serve the intermediate, 0 if not.",
            registry=at,
        )
        self._last_error = Gauge(
            "roottrust_agent_last_error_timestamp_seconds",
            "When something failed last.",
            registry=at,
        )
        self._bugs = Counter("roottrust_agent_bugs", "Failures that no class fits.", registry=at)

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
