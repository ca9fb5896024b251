"""Taking out of IssuedCertificates what agents reported whose pods are gone."""

from __future__ import annotations

import logging
from contextlib import suppress

from roottrust.cluster.kinds import ISSUED_CERTIFICATES
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.instance_pruning import find_missing, plan_pruning
from roottrust.domain.issued_object import read_issued
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import PODS
from roottrust.runtime.store import ObjectKey, ObjectStore

logger = logging.getLogger(__name__)

FIELD_MANAGER = "roottrust-cluster-pruning"


class InstancePruner:
    """Reconciles one IssuedCertificate at a time, those of its own cluster."""

    def __init__(self, client: KubeClient, store: ObjectStore, *, cluster: str) -> None:
        self._client = client
        self._store = store
        self._cluster = cluster

    async def reconcile(self, key: ObjectKey) -> float | None:
        """Take out the entries of pods that are gone; raises ConflictError to be asked again."""
        found = self._store.get_by_key(key)
        if found is None:
            return None
        issued = read_issued(found)
        if issued.cluster != self._cluster:
            return None
        known = {pod.name for pod in self._store.keys(PODS) if pod.namespace == key.namespace}
        gone = [
            pod
            for pod in find_missing(issued, pods=known)
            if await self._is_gone(pod, namespace=key.namespace)
        ]
        operations = plan_pruning(issued, gone=gone)
        if operations:
            await self._patch(key, operations)
            logger.info("the entries of %s are removed: their pods are gone", ", ".join(gone))
        return None

    async def _is_gone(self, pod: str, *, namespace: str) -> bool:
        """Ask the API server: a watch may be behind, and not every istiod's pod has its label."""
        return await self._client.get(PODS, namespace=namespace, name=pod) is None

    async def _patch(self, key: ObjectKey, operations: tuple[dict[str, object], ...]) -> None:
        with suppress(DependencyMissingError):  # it is gone as a whole
            await self._client.patch_json(
                ISSUED_CERTIFICATES,
                operations,
                namespace=key.namespace,
                name=key.name,
                field_manager=FIELD_MANAGER,
                subresource="status",
            )
