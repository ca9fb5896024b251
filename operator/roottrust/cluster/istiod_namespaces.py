"""Which namespaces are an istiod's, so that a directive in them counts for the whole mesh."""

from __future__ import annotations

from roottrust.domain.discovery import read_istiod
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import DEPLOYMENTS, SUBJECT_ACCESS_REVIEWS
from roottrust.runtime.store import ObjectStore

_MANAGER = "roottrust-cluster-restarts"


class IstiodNamespaces:
    """Believes an istiod whose account may do what only a real one can.

    Whoever owns a namespace can label a Deployment as istiod. The right to write roots into every
    namespace, which istiod needs (its chart's ClusterRole), nobody gives himself.
    """

    def __init__(self, client: KubeClient, store: ObjectStore) -> None:
        self._client = client
        self._store = store

    async def has_istiod(self, namespace: str) -> bool:
        """Return whether there is one; raises RootTrustError."""
        found = map(read_istiod, self._store.list(DEPLOYMENTS, namespace=namespace))
        accounts = {each.service_account for each in found if each is not None}
        for account in sorted(accounts):
            if await self._may_publish_roots(namespace, account):
                return True
        return False

    async def _may_publish_roots(self, namespace: str, account: str) -> bool:
        review = {
            "metadata": {},
            "spec": {
                "user": f"system:serviceaccount:{namespace}:{account}",
                "groups": [
                    "system:serviceaccounts",
                    f"system:serviceaccounts:{namespace}",
                    "system:authenticated",
                ],
                "resourceAttributes": {"verb": "update", "resource": "configmaps"},
            },
        }
        answer = await self._client.create(SUBJECT_ACCESS_REVIEWS, review, field_manager=_MANAGER)
        return bool((answer.get("status") or {}).get("allowed"))
