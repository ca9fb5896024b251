"""One measurement: so many registered clusters and one policy for all, from nothing to Ready."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from testbed import Testbed
from tests.bench import bare_kubernetes, bare_vault, site
from tests.bench.bare_kubernetes import POLICIES, BareKubernetes
from tests.bench.clusters import stage as staging
from tests.bench.clusters.agents import Agents
from tests.bench.clusters.meter import Meter, subtract
from tests.bench.clusters.places import (
    API_SERVER,
    build_policy,
    is_true,
    list_dead,
    list_names,
)
from tests.bench.clusters.proxy_process import ProxyProcess, run_proxy
from tests.bench.clusters.replay import CERTIFICATES, measure_floor, read_written
from tests.bench.clusters.results import (
    ClusterMeasurement,
    Idle,
    Issuance,
    Outage,
    Readiness,
    Restart,
)
from tests.bench.clusters.stage import Stage
from tests.bench.fleet import HUB
from tests.bench.operator_process import OperatorProcess
from tests.bench.progress import report_phase
from tests.bench.site import KUBECONFIG

MOST_SECONDS = 900.0
IDLE_SECONDS = 60.0

_NOUN = "clusters"


class ClusterRun:
    """One of them, on a stage that is there."""

    def __init__(self, bed: Testbed, folder: Path, stage: Stage, count: int) -> None:
        self._bed = bed
        self._folder = folder
        self._stage = stage
        self._names = list_names(count)

    async def measure(self) -> ClusterMeasurement:
        """Measure all of it, one thing after the other."""
        vault = self._bed.vault
        count = len(self._names)
        self._tell("clusters and Secrets are made")
        await self._prepare()
        async with bare_vault.connect(vault) as admin:
            with self._run_hub() as meter:
                self._tell("the hub connects")
                await meter.operator.wait_until_it_serves(seconds=MOST_SECONDS)
                await meter.wait_until_well(count, seconds=MOST_SECONDS)
                await meter.wait_until_steady(seconds=MOST_SECONDS)
                self._tell("one policy")
                before, started = await meter.read(), time.monotonic()
                issued = await self._create_policy(self._names, needs_vault=True) - started
                issuance_costs = subtract(await meter.read(), before)
                self._tell("agents")
                readiness = await self._measure_readiness(Agents(admin, self._stage.fleet), started)
                costs = subtract(await meter.read(), before)
                await meter.wait_until_steady(seconds=MOST_SECONDS)
                self._tell("idle")
                idle = await _measure_idle(meter)
            with self._run_hub() as meter:
                self._tell("restart")
                restart = await self._measure_restart(meter)
            (policy,) = (await self._stage.hub.list_policies()).values()
            written = await read_written(admin, self._stage.fleet, self._names)
        self._tell("floor: the same writes by a bare client")
        floor = await measure_floor(
            vault, self._bed.cluster(API_SERVER), self._stage.fleet, written
        )
        self._tell("a tenth of them is dead")
        return ClusterMeasurement(
            count=count,
            issuance=Issuance(seconds=issued, costs=issuance_costs, floor=floor),
            readiness=Readiness(seconds=readiness[0], agents_seconds=readiness[1], costs=costs),
            idle=idle,
            restart=restart,
            outage=await self._measure_outage(),
            meshes_told=len(policy.get("meshes", ())),
        )

    async def _prepare(self, *, dead: tuple[str, ...] = ()) -> None:
        vault = self._bed.vault
        await self._stage.clear(self._names)
        await self._stage.register(self._names, dead=dead)
        vault.restart()
        async with bare_vault.connect(vault) as admin:
            await site.make_token(admin)
            await site.make_login(admin, self._bed.cluster(HUB))

    @contextmanager
    def _run_hub(self) -> Iterator[Meter]:
        config = site.build_config(self._bed.vault, self._folder)
        kubeconfig = self._folder / KUBECONFIG
        with OperatorProcess(self._folder, config=config, kubeconfig=kubeconfig) as operator:
            clusters = self._bed.cluster(HUB), self._bed.cluster(API_SERVER)
            yield Meter(
                operator=operator,
                proxy=self._stage.proxy,
                vault=self._bed.vault,
                clusters=clusters,
            )

    async def _create_policy(self, live: tuple[str, ...], *, needs_vault: bool) -> float:
        """Return the time at which the clusters that live had an IssuedCertificate."""
        certificates = asyncio.create_task(_wait_for_certificates(self._stage.fleet, len(live)))
        await self._stage.hub.create_all(POLICIES, [build_policy()])
        at = await certificates
        if needs_vault:
            at = max(at, await self._wait_for("VaultConfigured"))
        return at

    async def _measure_readiness(self, agents: Agents, started: float) -> tuple[float, float]:
        begun = time.monotonic()
        await agents.serve(await self._stage.fleet.list_all(CERTIFICATES))
        ended = time.monotonic()
        return await self._wait_for("Ready") - started, ended - begun

    async def _wait_for(self, condition: str) -> float:
        return await _wait_for(self._stage.hub, POLICIES, lambda each: is_true(each, condition))

    async def _measure_restart(self, meter: Meter) -> Restart:
        launched = time.monotonic()
        before = await meter.read_without_operator()
        await meter.operator.wait_until_it_serves(seconds=MOST_SECONDS)
        await meter.wait_until_well(len(self._names), seconds=MOST_SECONDS)
        connected = time.monotonic()
        await meter.wait_until_looked_at(len(self._names), seconds=MOST_SECONDS)
        seconds = time.monotonic() - launched
        await meter.wait_until_steady(seconds=MOST_SECONDS)
        return Restart(
            connected_seconds=connected - launched,
            seconds=seconds,
            costs=subtract(await meter.read(), before),
        )

    async def _measure_outage(self) -> Outage:
        dead = list_dead(self._names)
        live = tuple(each for each in self._names if each not in set(dead))
        await self._prepare(dead=dead)
        with self._run_hub() as meter:
            await meter.operator.wait_until_it_serves(seconds=MOST_SECONDS)
            await meter.wait_until_well(len(live), seconds=MOST_SECONDS)
            await meter.wait_until_steady(seconds=MOST_SECONDS)
            started = time.monotonic()
            at = await self._create_policy(live, needs_vault=False)
        return Outage(live=len(live), seconds=at - started)

    def _tell(self, text: str) -> None:
        report_phase(len(self._names), text, noun=_NOUN)


async def measure_clusters(bed: Testbed, folder: Path, count: int) -> ClusterMeasurement:
    """Measure so many clusters; nothing of an earlier measurement is left."""
    with run_proxy(bed.cluster(API_SERVER), folder) as proxy:
        async with _set_stage(bed, proxy) as stage:
            return await ClusterRun(bed, folder, stage, count).measure()


@asynccontextmanager
async def _set_stage(bed: Testbed, proxy: ProxyProcess) -> AsyncIterator[Stage]:
    members = bed.cluster(API_SERVER)
    async with AsyncExitStack() as stack:
        hub = await stack.enter_async_context(bare_kubernetes.connect(bed.cluster(HUB)))
        fleet = await stack.enter_async_context(bare_kubernetes.connect(members))
        token = staging.make_hub_token(members)
        yield Stage(hub=hub, fleet=fleet, proxy=proxy, token=token)


async def _measure_idle(meter: Meter) -> Idle:
    before = await meter.read()
    await asyncio.sleep(IDLE_SECONDS)
    seen = await asyncio.to_thread(meter.proxy.count)
    return Idle(
        costs=subtract(await meter.read(), before),
        memory_mb=meter.operator.read_memory_mb(),
        connections=seen["connections"],
    )


async def _wait_for_certificates(kubernetes: BareKubernetes, count: int) -> float:
    found: set[str] = set()

    def is_last(certificate: Mapping[str, Any]) -> bool:
        found.add(certificate["metadata"]["namespace"])
        return len(found) == count

    return await _wait_for(kubernetes, CERTIFICATES, is_last)


async def _wait_for(
    kubernetes: BareKubernetes, path: str, is_it: Callable[[Mapping[str, Any]], bool]
) -> float:
    """Return the time at which a watch brought the object that is waited for."""
    async with asyncio.timeout(MOST_SECONDS):
        async for each in kubernetes.watch(path):
            if is_it(each):
                return time.monotonic()
    raise RuntimeError("The API server has ended the watch.")
