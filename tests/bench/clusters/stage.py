"""What is there before the hub starts: clusters with one Mesh each, and the Secrets of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from roottrust.domain.remote_hub import HUB_ACCOUNT, build_remote_manifests
from testbed import Cluster, Testbed
from tests.bench import bare_kubernetes
from tests.bench.bare_kubernetes import BareKubernetes
from tests.bench.bare_vault import run_at_once
from tests.bench.clusters.places import (
    API_SERVER,
    build_mesh,
    build_namespace,
    build_secret,
    get_namespace,
)
from tests.bench.clusters.proxy_process import ProxyProcess
from tests.bench.clusters.replay import remove_certificates
from tests.bench.fleet import HUB, NAMESPACE

NAMESPACES = "/api/v1/namespaces"
SECRETS = f"/api/v1/namespaces/{NAMESPACE}/secrets"

_CRDS = Path(__file__).parents[3] / "crds"
_REGISTERING = "labelSelector=istio/multiCluster%3Dtrue"
_CONCURRENCY = 8
# How the dead ones are dead, in turn.
_DEAD_PORTS = ("refused", "silent")


def bring_up(bed: Testbed) -> None:
    """Bring up the API server that stands for all clusters, and prepare it for the hub."""
    bed.up([HUB, API_SERVER], nodes=False)
    cluster = bed.cluster(API_SERVER)
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", _CRDS)
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", _CRDS)
    manifests = {"apiVersion": "v1", "kind": "List", "items": build_remote_manifests(NAMESPACE)}
    words = ("apply", "--server-side", "--force-conflicts", "-f", "-")
    cluster.kubectl(*words, input=json.dumps(manifests))


def make_hub_token(cluster: Cluster) -> str:
    """Return the hub's token there, which outlives the benchmark and is not renewed in it."""
    words = ("create", "token", HUB_ACCOUNT, "-n", NAMESPACE, "--duration=48h")
    return cluster.kubectl(*words).stdout.strip()


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The management cluster and the API server of all others, both as administrator."""

    hub: BareKubernetes
    fleet: BareKubernetes
    proxy: ProxyProcess
    token: str

    async def clear(self, names: Iterable[str]) -> None:
        """Remove policy, mirrors and Secrets, and have clusters with one Mesh each, as new."""
        names = tuple(names)
        for path in (
            bare_kubernetes.POLICIES,
            bare_kubernetes.MESHES,
            bare_kubernetes.EVENTS,
            bare_kubernetes.LEASES,
            f"{SECRETS}?{_REGISTERING}",
        ):
            await self.hub.delete_all(path)
        known = {each["metadata"]["name"] for each in await self.fleet.list_all(NAMESPACES)}
        missing = (each for each in names if get_namespace(each) not in known)
        await self.fleet.create_all(NAMESPACES, map(build_namespace, missing))
        await remove_certificates(self.fleet, names)
        await run_at_once(names, self._make_mesh, concurrency=_CONCURRENCY)

    async def register(self, names: Iterable[str], *, dead: Iterable[str] = ()) -> None:
        """Make the Secrets; of the dead ones half refuse connections, and half never answer."""
        ports = {name: _DEAD_PORTS[number % 2] for number, name in enumerate(dead)}
        secrets = (self._build_secret(name, ports.get(name, "live")) for name in names)
        await self.hub.create_all(SECRETS, secrets)

    def _build_secret(self, name: str, port: str) -> dict[str, object]:
        server = self.proxy.build_server(name, port=port)
        return build_secret(name, server=server, ca_pem=self.proxy.ca_pem, token=self.token)

    async def _make_mesh(self, name: str) -> None:
        path = f"/apis/internal.gloo.solo.io/v2/namespaces/{get_namespace(name)}/meshes"
        await self.fleet.delete_all(path)
        await self.fleet.create_all(path, [build_mesh(name)])
