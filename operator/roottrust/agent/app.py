"""The agent put together: what runs in one process beside one istiod."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from random import Random

from roottrust.agent.api_server import ApiServer
from roottrust.agent.ca_store import CaStore
from roottrust.agent.certificate_watch import CertificateWatch
from roottrust.agent.foreign_secrets import ForeignSecrets
from roottrust.agent.health_server import HealthServer
from roottrust.agent.issuance import Issuance
from roottrust.agent.istiod_probe import ProbeResult, probe_istiod
from roottrust.agent.keeper import Keeper, Parts
from roottrust.agent.loading import Loading
from roottrust.agent.metrics import AgentMetrics
from roottrust.agent.own_cluster import OwnCluster
from roottrust.agent.process import Bell, StoppedError, run_until_signal
from roottrust.agent.reporter import Reporter
from roottrust.agent.rest import Retry
from roottrust.agent.root_gate import RootGate
from roottrust.agent.settings import AgentSettings
from roottrust.domain.instance_report import Held
from roottrust.domain.moment import show_time

logger = logging.getLogger(__name__)

PROBE_SECONDS = 2.0
# Longer than all requests of one issuance may take together.
STUCK_SECONDS = 180.0


def run_init_container(settings: AgentSettings) -> bool:
    """Obtain a CA unless there is a good one; False if the process was told to stop before that."""
    bell = Bell()
    keeper, watch, _ = _build_keeper(settings, bell, has_istiod=False)
    return _run(keeper.run_until_held, watch, bell)


def run_sidecar(settings: AgentSettings) -> None:
    """Keep the CA until the stop; raises DependencyMissingError when the port is taken."""
    bell = Bell()
    keeper, watch, parts = _build_keeper(settings, bell, has_istiod=True)
    with _serve(settings.port, keeper, parts):
        _run(keeper.run, watch, bell)


def _run(work: Callable[[], None], watch: CertificateWatch, bell: Bell) -> bool:
    def run() -> None:
        watch.start()
        try:
            work()
        except StoppedError:
            return
        finally:
            watch.stop()

    return run_until_signal(run, bell)


def _build_keeper(
    settings: AgentSettings, bell: Bell, *, has_istiod: bool
) -> tuple[Keeper, CertificateWatch, Parts]:
    place = {"namespace": settings.namespace, "pod": settings.pod}
    logger.info("looking for the IssuedCertificate of %(namespace)s/%(pod)s", place)
    cluster = OwnCluster(ApiServer(settings.api), now=_now, **place)
    watch = CertificateWatch(ApiServer(settings.api), on_change=bell.ring, **place)
    reporter = Reporter(cluster, **place)
    store = CaStore(settings.ca_folder, pod=settings.pod, now=_now)
    store.load()
    parts = Parts(
        watch=watch,
        issuance=Issuance(settings, now=_now, check_stop=bell.check),
        store=store,
        gate=RootGate(cluster, reporter, namespace=settings.namespace, now=_now),
        secrets=ForeignSecrets(cluster, reporter, namespace=settings.namespace),
        loading=Loading(partial(_probe, settings)) if has_istiod else None,
        reporter=reporter,
        metrics=AgentMetrics(),
    )
    retry = Retry(random=Random())  # noqa: S311 - jitter is no secret
    return Keeper(parts, retry=retry, bell=bell, now=_now, **place), watch, parts


def _serve(port: int, keeper: Keeper, parts: Parts) -> AbstractContextManager[object]:
    def find_no_bundle() -> str | None:
        """Neither Vault nor the API server counts: istiod works without them."""
        held = parts.store.held
        if held is None:
            return "there is no CA yet"
        return None if held.certificate.not_after > _now() else "the CA has expired"

    def find_stuck() -> str | None:
        since = keeper.busy_since
        if since is None or (_now() - since).total_seconds() < STUCK_SECONDS:
            return None
        return f"the agent is stuck since {show_time(since)}"

    checks = {"/startupz": find_no_bundle, "/livez": find_stuck, "/readyz": find_no_bundle}
    return HealthServer(port, checks=checks, render_metrics=parts.metrics.render)


def _probe(settings: AgentSettings, held: Held) -> ProbeResult:
    return probe_istiod(
        settings.istiod.host,
        settings.istiod.port,
        name=settings.istiod_name,
        chain=held.chain,
        trust_bundle=held.trust_bundle,
        timeout_seconds=PROBE_SECONDS,
    )


def _now() -> datetime:
    return datetime.now(UTC)
