"""What the operator counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from roottrust.runtime.condition_states import ConditionStates
from roottrust.runtime.rotation_states import RotationState, RotationStates

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """All metrics of one process, in a registry of its own."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        at = self.registry
        self.reconciles = Counter(
            "roottrust_reconciles", "Reconciles by result.", ["result"], registry=at
        )
        self.reconcile_seconds = Histogram(
            "roottrust_reconcile_seconds", "Time a reconcile took.", buckets=_SECONDS, registry=at
        )
        self.bugs = Counter("roottrust_bugs", "Failures that no class fits.", registry=at)
        self.queue_keys = Gauge(
            "roottrust_queue_keys", "Keys that are due and wait for a worker.", registry=at
        )
        self.queue_oldest_seconds = Gauge(
            "roottrust_queue_oldest_seconds", "How long the oldest due key waits.", registry=at
        )
        self.vault_requests = Counter(
            "roottrust_vault_requests",
            "Requests to Vault.",
            ["method", "path_class", "status"],
            registry=at,
        )
        self.vault_request_seconds = Histogram(
            "roottrust_vault_request_seconds",
            "Time a request to Vault took.",
            ["method"],
            buckets=_SECONDS,
            registry=at,
        )
        self.vault_logins = Counter(
            "roottrust_vault_logins",
            "Logins to Vault and renewals of its tokens.",
            ["method", "result"],
            registry=at,
        )
        self.vault_keys = Gauge(
            "roottrust_vault_keys",
            "Private keys that Vault keeps in intermediate mounts, as last counted.",
            registry=at,
        )
        self.vault_keys_removed = Counter(
            "roottrust_vault_keys_removed",
            "Private keys that were removed from intermediate mounts.",
            registry=at,
        )
        self.kubernetes_writes = Counter(
            "roottrust_kubernetes_writes",
            "Writes to Kubernetes.",
            ["verb", "kind", "result"],
            registry=at,
        )
        self.leader = Gauge(
            "roottrust_leader_state", "1 while this hub leads, 0 while it stands by.", registry=at
        )
        self.registered_clusters = Gauge(
            "roottrust_registered_clusters",
            "Clusters that Secrets register: well, troubled or refused.",
            ["state"],
            registry=at,
        )
        self.lease_writes = Counter(
            "roottrust_lease_writes",
            "Renewals of the lease; not among the other writes to Kubernetes.",
            ["result"],
            registry=at,
        )
        self.watch_last_event_seconds = Gauge(
            "roottrust_watch_last_event_seconds",
            "Time since the last event of a watch.",
            ["kind"],
            registry=at,
        )
        self.watch_silent = Gauge(
            "roottrust_watch_silent_state",
            "1 while a watch misses changes that a list shows.",
            ["kind"],
            registry=at,
        )
        self._policy_conditions = ConditionStates("policy", labels=("namespace", "policy"))
        self._mesh_conditions = ConditionStates("mesh", labels=("mesh",))
        at.register(self._policy_conditions)
        at.register(self._mesh_conditions)
        self._rotations = RotationStates()
        at.register(self._rotations)
        self._bounce_conditions = ConditionStates("bounce", labels=("namespace", "directive"))
        at.register(self._bounce_conditions)

    def count_reconcile(self, *, result: str, seconds: float) -> None:
        """Count one reconcile."""
        self.reconciles.labels(result=result).inc()
        self.reconcile_seconds.observe(seconds)

    def count_vault_request(
        self, *, method: str, path_class: str, status: str, seconds: float
    ) -> None:
        """Count one request to Vault; may be called from any thread."""
        self.vault_requests.labels(method=method, path_class=path_class, status=status).inc()
        self.vault_request_seconds.labels(method=method).observe(seconds)

    def count_vault_login(self, *, method: str, result: str) -> None:
        """Count one login or renewal."""
        self.vault_logins.labels(method=method, result=result).inc()

    def show_vault_keys(self, count: Callable[[], float]) -> None:
        """Read how many keys there are whenever metrics are scraped."""
        self.vault_keys.set_function(count)

    def count_kubernetes_write(self, *, verb: str, kind: str, result: str) -> None:
        """Count one write to Kubernetes."""
        self.kubernetes_writes.labels(verb=verb, kind=kind, result=result).inc()

    def count_lease_write(self, *, verb: str, kind: str, result: str) -> None:
        """Count one write of the lease."""
        del verb, kind
        self.lease_writes.labels(result=result).inc()

    def show_leader(self, leads: Callable[[], bool]) -> None:
        """Read whether this hub leads whenever metrics are scraped."""
        self.leader.set_function(lambda: float(leads()))

    def show_clusters(self, states: Mapping[str, Callable[[], int]]) -> None:
        """Read how many registered clusters there are in each state, when metrics are scraped."""
        for state, count in states.items():
            self.registered_clusters.labels(state=state).set_function(count)

    def show_queue(self, *, depth: Callable[[], float], oldest: Callable[[], float]) -> None:
        """Read the queue's state whenever metrics are scraped."""
        self.queue_keys.set_function(depth)
        self.queue_oldest_seconds.set_function(oldest)

    def show_watch(
        self, *, kind: str, age: Callable[[], float], is_silent: Callable[[], bool]
    ) -> None:
        """Read the state of a watch whenever metrics are scraped."""
        self.watch_last_event_seconds.labels(kind=kind).set_function(age)
        self.watch_silent.labels(kind=kind).set_function(lambda: float(is_silent()))

    def set_policy_conditions(
        self, *, namespace: str, policy: str, statuses: Mapping[str, str]
    ) -> None:
        """Show the status (True, False, Unknown) of each condition of one policy."""
        self._policy_conditions.set((namespace, policy), statuses)

    def set_rotation(self, *, namespace: str, policy: str, state: RotationState | None) -> None:
        """Show how far the rotation of a policy's root is, None for one at rest."""
        self._rotations.set(namespace, policy, state)

    def forget_policy(self, *, namespace: str, policy: str) -> None:
        """Show nothing more of a policy that is gone."""
        self._rotations.set(namespace, policy, None)
        self._policy_conditions.forget((namespace, policy))

    def set_mesh_conditions(self, *, mesh: str, statuses: Mapping[str, str]) -> None:
        """Show the status (True, False, Unknown) of each condition of one mesh."""
        self._mesh_conditions.set((mesh,), statuses)

    def forget_mesh(self, mesh: str) -> None:
        """Show nothing more of a mesh that is gone."""
        self._mesh_conditions.forget((mesh,))

    def set_bounce_conditions(
        self, *, namespace: str, directive: str, statuses: Mapping[str, str]
    ) -> None:
        """Show the status (True, False, Unknown) of each condition of one PodBounceDirective."""
        self._bounce_conditions.set((namespace, directive), statuses)

    def forget_bounce(self, *, namespace: str, directive: str) -> None:
        """Show nothing more of a PodBounceDirective that is gone."""
        self._bounce_conditions.forget((namespace, directive))

    def render(self, names: Iterable[str] = ()) -> bytes:
        """Return in the text format everything, or what has one of these names."""
        wanted = tuple(names)
        registry = self.registry.restricted_registry(wanted) if wanted else self.registry
        return generate_latest(registry)
