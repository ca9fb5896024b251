"""What is written to restart workloads: an annotation, and evictions where that is not enough."""

from __future__ import annotations

import logging
from contextlib import suppress

from roottrust.cluster.bounce_observer import WORKLOAD_KINDS
from roottrust.domain.bounce_plan import Action, EvictPod, StartRestart
from roottrust.domain.bounced_workload import TRUST_HASH_ANNOTATION, WorkloadKind
from roottrust.domain.errors import DependencyMissingError
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import PODS

logger = logging.getLogger(__name__)

FIELD_MANAGER = "roottrust-cluster-restarts"


class BounceWriter:
    """Carries actions out; each of them can be repeated."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client

    async def apply(self, action: Action) -> None:
        """Carry one out; raises RootTrustError, ConflictError where the workload is another one."""
        match action:
            case StartRestart():
                await self._start(action)
            case EvictPod():
                await self._evict(action)

    async def _start(self, action: StartRestart) -> None:
        """With its uid, for a workload by that name that was made anew is to be looked at first."""
        name = action.workload
        annotations = {TRUST_HASH_ANNOTATION: action.trust_hash}
        manifest = {
            "metadata": {"namespace": name.namespace, "name": name.name, "uid": action.uid},
            "spec": {"template": {"metadata": {"annotations": annotations}}},
        }
        kind = WORKLOAD_KINDS[WorkloadKind(name.kind)]
        await self._client.apply(kind, manifest, field_manager=FIELD_MANAGER)
        logger.info("%s is being restarted for %s", name, action.trust_hash)

    async def _evict(self, action: EvictPod) -> None:
        """By the eviction API, which keeps disruption budgets; its successor has the same name."""
        namespace = action.workload.namespace
        eviction = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"namespace": namespace, "name": action.pod},
            "deleteOptions": {"preconditions": {"uid": action.uid}},
        }
        with suppress(DependencyMissingError):  # it is gone already
            await self._client.create_subresource(
                PODS, eviction, namespace=namespace, name=action.pod, subresource="eviction"
            )
        logger.info("pod %s/%s of %s is evicted", namespace, action.pod, action.workload)
