"""A bare client of the API server: it makes policies, sees when they are Ready, writes statuses."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from roottrust.kube.media_type import APPLY_PATCH, METADATA
from roottrust.kube.status import POLICY_STATUS_MANAGER
from testbed import Cluster, TestbedError
from tests.bench.bare_vault import run_at_once
from tests.bench.fleet import NAMESPACE

POLICIES = f"/apis/admin.gloo.solo.io/v2/namespaces/{NAMESPACE}/roottrustpolicies"
MESHES = f"/apis/internal.gloo.solo.io/v2/namespaces/{NAMESPACE}/meshes"
EVENTS = f"/api/v1/namespaces/{NAMESPACE}/events"
LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"

_CONCURRENCY = 8
_MESH = "of-no-cluster"
_MANAGER = "bench"


class BareKubernetes:
    """Sends requests as administrator, and raises when one fails."""

    def __init__(self, session: aiohttp.ClientSession, server: str) -> None:
        self._session = session
        self._server = server

    async def create_all(self, path: str, manifests: Iterable[Mapping[str, Any]]) -> None:
        """Create objects of one kind."""
        await run_at_once(manifests, lambda each: self._post(path, each), concurrency=_CONCURRENCY)

    async def delete_all(self, path: str) -> None:
        """Delete every object of one kind."""
        async with self._session.delete(self._server + path) as answer:
            answer.raise_for_status()

    async def wait_until_ready(self, count: int, *, seconds: float) -> float:
        """Return the time at which so many policies were Ready for the first time."""
        ready: set[str] = set()
        try:
            async with asyncio.timeout(seconds):
                async for found in self.watch(POLICIES):
                    name = found["metadata"]["name"]
                    ready = ready | {name} if _is_ready(found) else ready - {name}
                    if len(ready) == count:
                        return time.time()
        except TimeoutError:
            raise TestbedError(
                f"After {seconds:g} s only {len(ready)} of {count} policies are Ready."
            ) from None
        raise TestbedError("The API server has ended the watch.")

    async def touch_mesh(self) -> None:
        """Change a Mesh of a cluster that nobody knows: a hub then looks at every policy."""
        place = {"namespace": "istio-system", "cluster": "elsewhere", "version": str(time.time())}
        manifest = {
            "apiVersion": "internal.gloo.solo.io/v2",
            "kind": "Mesh",
            "metadata": {"name": _MESH},
            "spec": {"istio": {"installation": place}},
        }
        await self.apply(f"{MESHES}/{_MESH}", manifest, manager=_MANAGER)

    async def list_policies(self) -> dict[str, dict[str, Any]]:
        """Return the status of every policy by its name."""
        found = await self.list_all(POLICIES)
        return {each["metadata"]["name"]: each["status"] for each in found}

    async def list_all(self, path: str) -> list[dict[str, Any]]:
        """Return every object of one kind."""
        async with self._session.get(self._server + path) as answer:
            answer.raise_for_status()
            items: list[dict[str, Any]] = (await answer.json())["items"]
        return items

    async def apply_status(self, name: str, status: Mapping[str, Any]) -> None:
        """Write a policy's status in the hub's name."""
        manifest = {
            "apiVersion": "admin.gloo.solo.io/v2",
            "kind": "RootTrustPolicy",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "status": status,
        }
        await self.apply(f"{POLICIES}/{name}/status", manifest, manager=POLICY_STATUS_MANAGER)

    async def apply(self, path: str, manifest: Mapping[str, Any], *, manager: str) -> None:
        """Apply an object or its status on the server's side."""
        async with self._session.patch(
            self._server + path,
            params={"fieldManager": manager, "force": "true"},
            data=json.dumps(manifest),
            headers={"Content-Type": APPLY_PATCH, "Accept": METADATA},
        ) as answer:
            answer.raise_for_status()

    async def _post(self, path: str, manifest: Mapping[str, Any]) -> None:
        async with self._session.post(self._server + path, json=manifest) as answer:
            answer.raise_for_status()

    async def watch(self, path: str) -> AsyncIterator[dict[str, Any]]:
        """Yield what there is of a kind, and then what changes."""
        async with self._session.get(self._server + path, params={"watch": "1"}) as answer:
            answer.raise_for_status()
            async for line in answer.content:
                yield json.loads(line)["object"]


@asynccontextmanager
async def connect(cluster: Cluster) -> AsyncIterator[BareKubernetes]:
    """Connect as whoever may do everything."""
    context = ssl.create_default_context(cafile=str(cluster.ca_file))
    context.load_cert_chain(cluster.pki / "admin.crt", cluster.pki / "admin.key")
    connector = aiohttp.TCPConnector(ssl=context)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, read_bufsize=2**20
    ) as session:
        yield BareKubernetes(session, cluster.server)


def _is_ready(found: Mapping[str, Any]) -> bool:
    conditions = found.get("status", {}).get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
