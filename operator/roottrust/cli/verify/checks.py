"""Everything that is looked at for one mesh: observed here, judged by roottrust.domain."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from pydantic import SecretStr

from roottrust.cli.denied import tell_person
from roottrust.cli.verify.known_mesh import KnownMesh, read_trust_domain
from roottrust.cli.verify.progress import Progress
from roottrust.cli.verify.reach import Reach
from roottrust.cli.verify.report import MeshReport, build_mesh_report
from roottrust.cli.verify.vault_places import VaultPlaces
from roottrust.domain.certificate import Certificate
from roottrust.domain.errors import AccessDeniedError, RootTrustError
from roottrust.domain.facts import Unread
from roottrust.domain.target import Account
from roottrust.domain.vault_path import parse_ca_path
from roottrust.domain.verification import Check, Finding, Place, VerifiedMesh
from roottrust.domain.verification_agents import judge_agents
from roottrust.domain.verification_namespaces import PLACE, PublishedRoots, judge_namespaces
from roottrust.domain.verification_root import VaultRoot, judge_pinned, judge_vault_root
from roottrust.domain.verification_served import judge_no_pods, judge_served_chain
from roottrust.domain.verification_workload import WorkloadAnswer, judge_workload_certificate
from roottrust.istiod.certificate_service import build_probe_request, request_certificate
from roottrust.istiod.served_chain import read_served_chain
from roottrust.kube.client import KubeClient
from roottrust.kube.istiod_pods import IstiodPod, read_istiod_pods
from roottrust.vault.public_issuer import read_public_root

# istiod gives no more than it is asked for; nobody keeps what the probe gets.
PROBE_SECONDS = 600

_AT_ISTIOD = (Check.SERVED_CHAIN, Check.WORKLOAD_CERTIFICATE)

Found = TypeVar("Found")


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What all meshes of one run have in common; `token` is the probe's."""

    client: KubeClient
    home: str
    reach: Reach
    vaults: VaultPlaces
    published: PublishedRoots | Unread
    account: Account
    token: SecretStr | Unread
    given: tuple[Certificate, ...] | None
    skipped: frozenset[Check]
    timeout_seconds: float
    progress: Progress
    now: Callable[[], datetime]


async def attempt(work: Awaitable[Found]) -> Found | Unread:
    """Return what is found out, or why it is not."""
    try:
        return await work
    except AccessDeniedError as error:
        return Unread(error=tell_person(error, rights="deploy/verify/"))
    except RootTrustError as error:
        return Unread(error=error)


async def verify_mesh(known: KnownMesh, around: Surroundings) -> MeshReport:
    """Make all checks of one mesh, at the same time."""
    pinned, finding = judge_pinned(known.spec.trust_bundle, given=around.given, now=around.now())
    findings = [finding]
    if pinned is not None:
        mesh = VerifiedMesh(
            cluster=known.cluster,
            namespace=known.namespace,
            deployment=known.deployment,
            pinned=pinned,
            trust_domain=await read_trust_domain(around.client, known, home=around.home),
        )
        findings += await _MeshChecks(mesh, known, around).run()
    return build_mesh_report(
        cluster=known.cluster,
        mesh=known.name,
        namespace=known.namespace,
        deployment=known.deployment,
        roots=pinned.roots if pinned else (),
        findings=findings,
    )


class _MeshChecks:
    def __init__(self, mesh: VerifiedMesh, known: KnownMesh, around: Surroundings) -> None:
        self._mesh = mesh
        self._known = known
        self._around = around

    async def run(self) -> list[Finding]:
        vault, replicas = await asyncio.gather(self._check_vault(), self._check_replicas())
        return [vault, self._check_namespaces(), *replicas]

    async def _check_vault(self) -> Finding:
        vault = self._known.spec.agent_ca.vault
        subject = vault.server.partition("://")[2]
        if Check.VAULT_ROOT in self._around.skipped:
            return Place(check=Check.VAULT_ROOT, subject=subject).build_skipped()

        async def read() -> VaultRoot:
            connection = self._around.vaults.build_connection(
                vault, timeout_seconds=self._around.timeout_seconds
            )
            return await read_public_root(connection, parse_ca_path(vault.ca_path))

        with self._around.progress.step(f"reading the root of Vault {vault.server}"):
            observed = await attempt(read())
        return judge_vault_root(
            self._mesh.pinned,
            self._known.spec.cross_certificates,
            observed,
            subject=subject,
            now=self._around.now(),
        )

    def _check_namespaces(self) -> Finding:
        if Check.NAMESPACES in self._around.skipped:
            return PLACE.build_skipped()
        return judge_namespaces(self._mesh, self._around.published)

    async def _check_replicas(self) -> list[Finding]:
        mesh = self._mesh
        with self._around.progress.step(f"looking for {mesh.namespace}/{mesh.deployment}"):
            pods = await attempt(
                read_istiod_pods(
                    self._around.client, namespace=mesh.namespace, deployment=mesh.deployment
                )
            )
        found = self._check_agents(pods)
        wanted = [each for each in _AT_ISTIOD if each not in self._around.skipped]
        found += [
            Place(check=each, subject=mesh.deployment).build_skipped()
            for each in _AT_ISTIOD
            if each not in wanted
        ]
        running = [] if isinstance(pods, Unread) else [each for each in pods if each.is_running]
        if not running:
            error = pods.error if isinstance(pods, Unread) else None
            return found + [judge_no_pods(each, mesh, error) for each in wanted]
        for asked in await asyncio.gather(*(self._ask_istiod(pod, wanted) for pod in running)):
            found += asked
        return found

    def _check_agents(self, pods: tuple[IstiodPod, ...] | Unread) -> list[Finding]:
        if Check.AGENT in self._around.skipped:
            return [Place(check=Check.AGENT, subject=self._mesh.deployment).build_skipped()]
        names = None if isinstance(pods, Unread) else tuple(each.name for each in pods)
        return list(
            judge_agents(
                self._mesh,
                self._known.spec,
                self._known.status.instances,
                pods=names,
                now=self._around.now(),
            )
        )

    async def _ask_istiod(self, pod: IstiodPod, wanted: list[Check]) -> list[Finding]:
        """Make the checks of one replica, each over a connection of its own."""
        found: list[Finding] = []
        if Check.SERVED_CHAIN in wanted:
            with self._around.progress.step(f"reading the chain that {pod.name} serves"):
                chain = await attempt(self._read_chain(pod))
            found.append(
                judge_served_chain(
                    self._mesh,
                    pod.name,
                    chain,
                    reported=self._find_reported(pod),
                    now=self._around.now(),
                )
            )
        if Check.WORKLOAD_CERTIFICATE in wanted:
            with self._around.progress.step(f"asking {pod.name} for a certificate"):
                answer = await attempt(self._probe(pod))
            found.append(
                judge_workload_certificate(
                    self._mesh, pod.name, self._around.account, answer, now=self._around.now()
                )
            )
        return found

    async def _read_chain(self, pod: IstiodPod) -> str:
        async with self._around.reach.open(self._mesh.namespace, pod) as address:
            return await read_served_chain(address, timeout_seconds=self._around.timeout_seconds)

    async def _probe(self, pod: IstiodPod) -> WorkloadAnswer:
        token = self._around.token
        if isinstance(token, Unread):
            raise token.error
        request = build_probe_request()
        async with self._around.reach.open(self._mesh.namespace, pod) as address:
            parts = await request_certificate(
                address,
                request,
                roots_pem=self._mesh.pinned.text,
                token=token,
                validity_seconds=PROBE_SECONDS,
                timeout_seconds=self._around.timeout_seconds,
            )
        return WorkloadAnswer(parts=parts, public_key=request.public_key)

    def _find_reported(self, pod: IstiodPod) -> str | None:
        reported = (each for each in self._known.status.instances if each.pod == pod.name)
        return next((each.fingerprint for each in reported), None)
