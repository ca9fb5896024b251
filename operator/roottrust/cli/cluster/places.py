"""The two clusters that a person deals with: the hub's and the one that is to be served."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roottrust.cli.denied import tell_denied
from roottrust.domain.errors import AccessDeniedError
from roottrust.kube.access import load_access
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import ResourceKind

# Kinds that only this command writes.
_GROUP = "rbac.authorization.k8s.io"
_PLURALS = {
    "Namespace": ("", "namespaces"),
    "ServiceAccount": ("", "serviceaccounts"),
    "ClusterRole": (_GROUP, "clusterroles"),
    "ClusterRoleBinding": (_GROUP, "clusterrolebindings"),
    "Role": (_GROUP, "roles"),
    "RoleBinding": (_GROUP, "rolebindings"),
}


@dataclass(frozen=True, kw_only=True)
class Places:
    """What the command line says of both; `namespace` is the operator's, in either."""

    namespace: str
    kubeconfig: Path | None = None
    context: str | None = None
    hub_kubeconfig: Path | None = None
    hub_context: str | None = None

    @asynccontextmanager
    async def open_hub(self) -> AsyncIterator[KubeClient]:
        """Give a client of the hub's cluster; raises RootTrustError."""
        kubeconfig = self.hub_kubeconfig or self.kubeconfig
        async with _open(kubeconfig, self.hub_context) as client:
            yield client

    @asynccontextmanager
    async def open_workload(self) -> AsyncIterator[KubeClient]:
        """Give a client of the cluster that is to be served; raises RootTrustError."""
        async with _open(self.kubeconfig, self.context) as client:
            yield client


def find_kind(manifest: Mapping[str, Any]) -> ResourceKind:
    """Return the kind of a manifest of ours as a URL names it."""
    kind = str(manifest["kind"])
    group, plural = _PLURALS[kind]
    return ResourceKind(group=group, version="v1", plural=plural, kind=kind)


@contextmanager
def explained(client: KubeClient) -> Iterator[None]:
    """Tell a person, not the operator, which right is missing."""
    try:
        yield
    except AccessDeniedError as error:
        advice = "use a context with that right."
        raise tell_denied(error, who=client.server, advice=advice) from None


@asynccontextmanager
async def _open(kubeconfig: Path | None, context: str | None) -> AsyncIterator[KubeClient]:
    client = KubeClient(await load_access(kubeconfig=kubeconfig, context=context))
    try:
        yield client
    finally:
        await client.close()
