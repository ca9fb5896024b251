"""Looking at what a PodBounceDirective selects: only while it is carried out, by no watch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roottrust.api.pod_bounce_directive import PodSelector, RootCertSync
from roottrust.cluster.kinds import find_fingerprint
from roottrust.domain.bounce_bounds import Directive
from roottrust.domain.bounce_snapshot import AgeLimit, Group, NamespaceObjects, read_group
from roottrust.domain.bounced_workload import WorkloadKind, WorkloadName
from roottrust.domain.manifest import read_mapping
from roottrust.domain.published_bundle import CONFIG_MAP, KEY
from roottrust.domain.trust_bundle import fingerprint_text
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import (
    CONFIG_MAPS,
    DAEMON_SETS,
    DEPLOYMENTS,
    DISRUPTION_BUDGETS,
    PODS,
    REPLICA_SETS,
    STATEFUL_SETS,
)
from roottrust.runtime.store import ObjectStore

WORKLOAD_KINDS = {
    WorkloadKind.DEPLOYMENT: DEPLOYMENTS,
    WorkloadKind.STATEFUL_SET: STATEFUL_SETS,
    WorkloadKind.DAEMON_SET: DAEMON_SETS,
}


class BounceObserver:
    """Asks the API server, and the store for published roots."""

    def __init__(self, client: KubeClient, store: ObjectStore) -> None:
        self._client = client
        self._store = store

    async def observe(
        self, directive: Directive, *, started: frozenset[WorkloadName] = frozenset()
    ) -> tuple[Group, ...]:
        """Return the groups as they are now; raises RootTrustError.

        `started` are the workloads whose restarts were begun.
        """
        expected = self._find_expected_roots(directive)
        limit = _find_limit(directive, started)
        namespaces: dict[str, NamespaceObjects] = {}
        groups: list[Group] = []
        for selector in directive.spec.pods_to_bounce:
            place = selector.namespace
            if place not in namespaces:
                namespaces[place] = await self._observe_namespace(place)
            pods = await self._list_pods(selector)
            waits_for = await self._find_missing_roots(selector, expected)
            groups.append(
                read_group(
                    selector, pods, namespaces[place], waits_for_roots=waits_for, limit=limit
                )
            )
        return tuple(groups)

    async def _list_pods(self, selector: PodSelector) -> tuple[Mapping[str, Any], ...]:
        labels = ",".join(f"{key}={value}" for key, value in sorted(selector.labels.items()))
        return await self._client.list(PODS, namespace=selector.namespace, label_selector=labels)

    async def _find_missing_roots(self, selector: PodSelector, expected: str | None) -> str | None:
        """Return the copy of the roots that is not current yet, None if nothing waits for one."""
        sync = selector.root_cert_sync
        if sync is None or await self._has_roots(sync, selector.namespace, expected):
            return None
        return _name_roots(sync, selector.namespace)

    async def _observe_namespace(self, namespace: str) -> NamespaceObjects:
        replica_sets = await self._client.list_metadata(REPLICA_SETS, namespace=namespace)
        return NamespaceObjects(
            workloads={
                kind: await self._client.list(resource, namespace=namespace)
                for kind, resource in WORKLOAD_KINDS.items()
            },
            replica_sets={str(each["metadata"]["name"]): each for each in replica_sets},
            budgets=await self._client.list(DISRUPTION_BUDGETS, namespace=namespace),
        )

    def _find_expected_roots(self, directive: Directive) -> str | None:
        """Return the fingerprint of the text that copies of the roots should have."""
        spec = directive.spec
        if spec.trust_hash is not None or spec.mesh_ref is None:
            return spec.trust_hash
        return self._find_published(spec.mesh_ref.namespace)

    async def _has_roots(self, sync: RootCertSync, namespace: str, expected: str | None) -> bool:
        reference = sync.config_map_ref
        place = reference.namespace or namespace
        if (reference.name, sync.config_map_key) == (CONFIG_MAP, KEY):
            found = self._find_published(place)
        else:
            config_map = await self._client.get(CONFIG_MAPS, namespace=place, name=reference.name)
            found = _fingerprint(config_map, sync.config_map_key)
        return expected is not None and found == expected

    def _find_published(self, namespace: str) -> str | None:
        return find_fingerprint(self._store.get(CONFIG_MAPS, namespace=namespace, name=CONFIG_MAP))


def _find_limit(directive: Directive, started: frozenset[WorkloadName]) -> AgeLimit | None:
    created_before = directive.spec.created_before
    if created_before is None:
        return None
    return AgeLimit(created_before=created_before, trust_hash=directive.trust_hash, started=started)


def _fingerprint(config_map: Mapping[str, Any] | None, key: str) -> str | None:
    text = read_mapping((config_map or {}).get("data")).get(key)
    return fingerprint_text(text) if isinstance(text, str) else None


def _name_roots(sync: RootCertSync, namespace: str) -> str:
    reference = sync.config_map_ref
    return f"ConfigMap {reference.namespace or namespace}/{reference.name}"
