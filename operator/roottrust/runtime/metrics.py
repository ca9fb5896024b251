"""What the operator counts, for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, generate_latest

from roottrust.api.choices import ConditionStatus
from roottrust.api.mesh import MeshStatus
from roottrust.api.pod_bounce_directive import PodBounceDirectiveStatus
from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.domain.reasons import ConditionType
from roottrust.runtime.bounce_gauges import BOUNCE_GAUGES, read_bounce
from roottrust.runtime.condition_states import ConditionStates
from roottrust.runtime.mesh_gauges import MESH_GAUGES, read_mesh
from roottrust.runtime.metric_book import OPERATOR, MetricBook, MetricInfo, Process
from roottrust.runtime.object_gauges import ObjectGauges
from roottrust.runtime.policy_gauges import POLICY_GAUGES, read_policy
from roottrust.version import read_version

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """All metrics of one process, in a registry of its own."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        book = self._book = MetricBook(self.registry, processes=OPERATOR)
        book.info(
            "roottrust_build_info", "Always 1; its label is the version.", version=read_version()
        )
        self.reconciles = book.counter(
            "roottrust_reconciles_total",
            "Reconciles, by result: ok or the class of the failure.",
            ["result"],
        )
        self.reconcile_seconds = book.histogram(
            "roottrust_reconcile_seconds",
            "Time that a reconcile took, by result.",
            ["result"],
            buckets=_SECONDS,
        )
        self.bugs = book.counter("roottrust_bugs_total", "Failures that no class fits.")
        self.queue_keys = book.gauge(
            "roottrust_queue_keys", "Keys that are due and wait for a worker."
        )
        self.queue_oldest_seconds = book.gauge(
            "roottrust_queue_oldest_seconds",
            "Time that the oldest due key has waited for a worker, 0 if none waits.",
        )
        self.vault_requests = book.counter(
            "roottrust_vault_requests_total",
            "Requests to Vault, by method, class of path, and HTTP status or the reason why there "
            "was no answer.",
            ["method", "path_class", "status"],
            of=Process.HUB,
        )
        self.vault_request_seconds = book.histogram(
            "roottrust_vault_request_seconds",
            "Time that a request to Vault took.",
            ["method"],
            buckets=_SECONDS,
            of=Process.HUB,
        )
        self.vault_logins = book.counter(
            "roottrust_vault_logins_total",
            "Logins to Vault and renewals of its tokens, by method of login and result: ok or the "
            "reason.",
            ["method", "result"],
            of=Process.HUB,
        )
        self.vault_keys = book.gauge(
            "roottrust_vault_keys",
            "Private keys that Vault keeps in intermediate mounts, as last counted.",
            of=Process.HUB,
        )
        self.vault_keys_removed = book.counter(
            "roottrust_vault_keys_removed_total",
            "Private keys that were removed from intermediate mounts.",
            of=Process.HUB,
        )
        self.drift_repairs = book.counter(
            "roottrust_drift_repairs_total",
            "Reconciles that put right in Vault what somebody else had changed there.",
            ["namespace", "policy"],
            of=Process.HUB,
        )
        self.kubernetes_writes = book.counter(
            "roottrust_kubernetes_writes_total",
            "Writes to Kubernetes, by verb, kind and result.",
            ["verb", "kind", "result"],
        )
        self.leader = book.gauge(
            "roottrust_leader_state", "1 while this process leads, 0 while it stands by."
        )
        self.registered_clusters = book.gauge(
            "roottrust_registered_clusters",
            "Clusters that Secrets register, by state: well, troubled or refused.",
            ["state"],
            of=Process.HUB,
        )
        self.lease_writes = book.counter(
            "roottrust_lease_writes_total",
            "Renewals of the lease, by result; not among the other writes to Kubernetes.",
            ["result"],
        )
        self.watch_last_event = book.gauge(
            "roottrust_watch_last_event_timestamp_seconds",
            "When a watch had its last event, or its kind was last listed.",
            ["kind"],
        )
        self.watch_silent = book.gauge(
            "roottrust_watch_silent_state",
            "1 while a watch misses changes that a list shows, 0 if not.",
            ["kind"],
        )
        self._policy_conditions = self._add_conditions("policy", "namespace", of=Process.HUB)
        self._mesh_conditions = self._add_conditions("mesh", of=Process.CLUSTER)
        self._bounce_conditions = self._add_conditions(
            "bounce", "namespace", noun_label="directive", of=Process.CLUSTER
        )
        self._policies = self._add_objects(*POLICY_GAUGES)
        self._meshes = self._add_objects(*MESH_GAUGES)
        self._bounces = self._add_objects(*BOUNCE_GAUGES)

    @property
    def infos(self) -> tuple[MetricInfo, ...]:
        """What each of them means."""
        return self._book.infos

    def count_reconcile(self, *, result: str, seconds: float) -> None:
        """Count one reconcile."""
        self.reconciles.labels(result=result).inc()
        self.reconcile_seconds.labels(result=result).observe(seconds)

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
        """Read whether this process leads whenever metrics are scraped."""
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
        self.watch_last_event.labels(kind=kind).set_function(lambda: time.time() - age())
        self.watch_silent.labels(kind=kind).set_function(lambda: float(is_silent()))

    def show_policy(self, namespace: str, policy: str, status: RootTrustPolicyStatus) -> None:
        """Show what the status of a policy tells; a condition that is not there does not hold."""
        found = {each.type: each.status for each in status.conditions}
        conditions = {str(kind): found.get(kind, ConditionStatus.FALSE) for kind in ConditionType}
        self._policy_conditions.set((namespace, policy), conditions)
        self._policies.set((namespace, policy), read_policy(namespace, policy, status))
        # An increase from nothing to 1 is none to Prometheus, one from 0 is.
        self.drift_repairs.labels(namespace=namespace, policy=policy)

    def count_repair(self, *, namespace: str, policy: str) -> None:
        """Count a repair in Vault."""
        self.drift_repairs.labels(namespace=namespace, policy=policy).inc()

    def forget_policy(self, *, namespace: str, policy: str) -> None:
        """Show nothing more of a policy that is gone."""
        self._policy_conditions.forget((namespace, policy))
        self._policies.forget((namespace, policy))
        self.drift_repairs.remove(namespace, policy)

    def show_mesh(self, mesh: str, status: MeshStatus) -> None:
        """Show what the status of a mesh tells."""
        self._mesh_conditions.set((mesh,), {each.type: each.status for each in status.conditions})
        self._meshes.set((mesh,), read_mesh(mesh, status))

    def forget_mesh(self, mesh: str) -> None:
        """Show nothing more of a mesh that is gone."""
        self._mesh_conditions.forget((mesh,))
        self._meshes.forget((mesh,))

    def show_bounce(self, namespace: str, directive: str, status: PodBounceDirectiveStatus) -> None:
        """Show what the status of a PodBounceDirective tells."""
        conditions = {each.type: each.status for each in status.conditions}
        self._bounce_conditions.set((namespace, directive), conditions)
        self._bounces.set((namespace, directive), read_bounce(namespace, directive, status))

    def forget_bounce(self, *, namespace: str, directive: str) -> None:
        """Show nothing more of a PodBounceDirective that is gone."""
        self._bounce_conditions.forget((namespace, directive))
        self._bounces.forget((namespace, directive))

    def render(self, names: Iterable[str] = ()) -> bytes:
        """Return in the text format everything, or what has one of these names."""
        wanted = tuple(names)
        registry = self.registry.restricted_registry(wanted) if wanted else self.registry
        return generate_latest(registry)

    def _add_conditions(
        self, noun: str, *labels: str, noun_label: str | None = None, of: Process
    ) -> ConditionStates:
        states = ConditionStates(noun, labels=(*labels, noun_label or noun), of=of)
        self.registry.register(states)
        self._book.note(states.info)
        return states

    def _add_objects(self, *metrics: MetricInfo) -> ObjectGauges:
        gauges = ObjectGauges(*metrics)
        self.registry.register(gauges)
        self._book.note(*gauges.infos)
        return gauges
