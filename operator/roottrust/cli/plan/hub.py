"""The parts of the hub that plan, without those that write, wait or listen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from roottrust.cli.operator_configuration import Configuration
from roottrust.cli.own_access import OwnAccess
from roottrust.cli.plan.registered import RegisteredClusters
from roottrust.domain.errors import RootTrustError
from roottrust.http.guard import Guard, allow_writes, refuse_writes
from roottrust.hub.cluster_registry import LocalCluster
from roottrust.hub.given_policies import put_given
from roottrust.hub.kinds import ISSUED_CERTIFICATES, MESHES, POLICIES
from roottrust.hub.policy_controller import PolicyController
from roottrust.hub.policy_homes import PolicyHomes
from roottrust.hub.policy_object import read_policy
from roottrust.hub.policy_planner import PolicyPlanner
from roottrust.hub.policy_report import PolicyReporter
from roottrust.hub.vault_server import VaultServers
from roottrust.kube.client import KubeClient
from roottrust.kube.events import EventPoster
from roottrust.runtime.event_queue import EventQueue
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.settings_vault import VaultServerSettings
from roottrust.runtime.store import ObjectKey, ObjectStore
from roottrust.runtime.vaults import build_vault_client
from roottrust.vault.client import VaultClient
from roottrust.vault.login import GivenTokenLogin

Manifest = Mapping[str, Any]
Listed = Mapping[Any, tuple[Manifest, ...]]


def build_servers(configuration: Configuration, own: OwnAccess) -> VaultServers:
    """Return the Vault servers, to be read only: nothing but a login of the operator's is sent."""
    servers = configuration.settings.vault_servers

    def build_client(
        server: VaultServerSettings,
        /,
        *,
        concurrency: int,
        metrics: Metrics,
        guard: Guard = refuse_writes,
    ) -> VaultClient:
        token = own.token if own.is_for(server, servers) else None
        return build_vault_client(
            server,
            concurrency=concurrency,
            metrics=metrics,
            guard=guard,
            login=GivenTokenLogin(token, origin=own.origin) if token else None,
            login_guard=refuse_writes if token else allow_writes,
            ca_pem=configuration.read_vault_ca(server, own),
        )

    return VaultServers(
        servers,
        concurrency=configuration.settings.vault_concurrency,
        metrics=Metrics(),
        guard=refuse_writes,
        build_client=build_client,
    )


@dataclass(kw_only=True)
class PlanningHub:
    """One look at the policies of a cluster, as they are or as files would make them."""

    store: ObjectStore
    controller: PolicyController
    planner: PolicyPlanner
    before: dict[ObjectKey, Manifest | None]

    async def find_concerned(self, base: PlanningHub) -> frozenset[ObjectKey]:
        """Return the policies beside the given ones that ask for something else than in `base`."""
        others = self.store.keys(POLICIES) - self.before.keys()
        return frozenset([key for key in others if await self._ask(key) != await base._ask(key)])

    async def _ask(self, key: ObjectKey) -> object:
        manifest = self.store.get_by_key(key)
        if manifest is None:
            return None
        try:
            accepted = await self.controller.acceptor.accept(read_policy(manifest))
        except RootTrustError as error:
            return error.message
        return accepted.target


async def build_planning_hub(
    configuration: Configuration,
    listed: Listed,
    given: Iterable[Manifest] = (),
    *,
    client: KubeClient,
    registered: RegisteredClusters,
    servers: VaultServers,
    now: Callable[[], datetime],
) -> PlanningHub:
    """Return a hub that knows what the cluster has, and in its place what files give."""
    settings = configuration.settings
    store = ObjectStore([POLICIES, MESHES, ISSUED_CERTIFICATES])
    for kind, manifests in listed.items():
        store.replace(kind, manifests, known={})
    before = put_given(store, given, now=now())
    own = LocalCluster(settings.cluster, home=settings.namespace, client=client, store=store)
    clusters = registered.join(own)
    await clusters.refresh()
    homes = PolicyHomes(client, store)
    reporter = PolicyReporter(
        homes,
        events=EventQueue(EventPoster(client).post_event, is_busy=lambda: False),
        metrics=Metrics(),
        now=now,
    )
    controller = PolicyController(
        hub=settings.hub_name,
        client=client,
        homes=homes,
        clusters=clusters,
        servers=servers,
        reporter=reporter,
        now=now,
    )
    planner = PolicyPlanner(controller, homes=homes, concurrency=settings.workers)
    return PlanningHub(store=store, controller=controller, planner=planner, before=before)
