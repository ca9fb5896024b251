"""One run of `roottrust verify`, from its options to its result."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr

from roottrust.cli.own_access import OwnAccess
from roottrust.cli.verify.checks import Surroundings, attempt, verify_mesh
from roottrust.cli.verify.known_mesh import KnownMesh, list_meshes
from roottrust.cli.verify.progress import Progress
from roottrust.cli.verify.reach import Reach, Way, parse_istiod_endpoints
from roottrust.cli.verify.report import VerifyReport, build_report
from roottrust.cli.verify.vault_places import find_vault_places
from roottrust.domain.certificate import (
    Certificate,
    UnreadableCertificateError,
    parse_certificates,
)
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.facts import Unread
from roottrust.domain.reasons import Reason
from roottrust.domain.target import Account
from roottrust.domain.verification import Check
from roottrust.domain.verification_namespaces import PublishedRoots
from roottrust.http.guard import refuse_writes
from roottrust.istiod.certificate_service import TOKEN_AUDIENCE
from roottrust.kube.access import KubeAccess, load_access
from roottrust.kube.account_token import issue_account_token
from roottrust.kube.client import KubeClient
from roottrust.kube.published_roots import read_published_roots

Tell = Callable[[str], None]

PROBE_ACCOUNT = "roottrust-verify"

_TOKEN_SECONDS = 600  # the API server gives no shorter ones


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line says; `account` is NAMESPACE/NAME."""

    cluster: str | None = None
    namespace: str | None = None
    operator_namespace: str
    kubeconfig: Path | None = None
    context: str | None = None
    root: Path | None = None
    endpoints: tuple[str, ...] = ()
    istiod_endpoints: tuple[str, ...] = ()
    way: Way = Way.PORT_FORWARD
    account: str | None = None
    excluded: tuple[str, ...] = ()
    skipped: frozenset[Check] = frozenset()
    timeout_seconds: float = 15


async def run_verify(
    options: Options,
    own: OwnAccess,
    *,
    tell: Tell,
    progress: Progress,
    now: Callable[[], datetime],
) -> VerifyReport:
    """Return what was found out; raises RootTrustError when nothing could be."""
    given = _read_root(options.root)
    istiod_endpoints = parse_istiod_endpoints(options.istiod_endpoints)
    account = _read_account(options)
    access = await load_access(kubeconfig=options.kubeconfig, context=options.context)
    client = KubeClient(access, guard=refuse_writes)
    try:
        verified_at = now()
        with progress.step("looking for meshes"):
            meshes = await attempt(
                list_meshes(client, cluster=options.cluster, namespace=options.namespace)
            )
        if isinstance(meshes, Unread):
            raise meshes.error
        vaults = find_vault_places(
            (each.spec.agent_ca.vault.server for each in meshes), own, options.endpoints
        )
        for note in vaults.notes:
            tell(note)
        published, token = await asyncio.gather(
            _read_published(client, options, progress), _issue_token(access, account, options)
        )
        around = Surroundings(
            client=client,
            home=options.operator_namespace,
            reach=Reach(access, way=options.way, endpoints=istiod_endpoints),
            vaults=vaults,
            published=published,
            account=account,
            token=token,
            given=given,
            skipped=options.skipped,
            timeout_seconds=options.timeout_seconds,
            progress=progress,
            now=now,
        )
        return await _verify(meshes, around, verified_at=verified_at)
    finally:
        await client.close()


async def _verify(
    meshes: tuple[KnownMesh, ...], around: Surroundings, *, verified_at: datetime
) -> VerifyReport:
    reports = await asyncio.gather(*(verify_mesh(each, around) for each in meshes))
    return build_report(reports, verified_at=verified_at)


async def _read_published(
    client: KubeClient, options: Options, progress: Progress
) -> PublishedRoots | Unread:
    if Check.NAMESPACES in options.skipped:
        return PublishedRoots(namespaces=(), texts={})
    with progress.step("reading istio-ca-root-cert in all namespaces"):
        return await attempt(read_published_roots(client, excluded=options.excluded))


async def _issue_token(
    access: KubeAccess, account: Account, options: Options
) -> SecretStr | Unread:
    """Have the probe's token made: the only thing that is ever written."""
    if Check.WORKLOAD_CERTIFICATE in options.skipped:
        return SecretStr("")
    writer = KubeClient(access)
    try:
        return await attempt(
            issue_account_token(writer, account, audience=TOKEN_AUDIENCE, seconds=_TOKEN_SECONDS)
        )
    finally:
        await writer.close()


def _read_account(options: Options) -> Account:
    if options.account is None:
        return Account(namespace=options.operator_namespace, name=PROBE_ACCOUNT)
    namespace, mark, name = options.account.partition("/")
    if not (namespace and mark and name):
        raise InvalidSpecError(
            f"--service-account {options.account}: write NAMESPACE/NAME.",
            reason=Reason.INVALID_SPEC,
        )
    return Account(namespace=namespace, name=name)


def _read_root(path: Path | None) -> tuple[Certificate, ...] | None:
    if path is None:
        return None
    try:
        return parse_certificates(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as failure:
        why = f"it cannot be read ({type(failure).__name__})."
    except UnreadableCertificateError as error:
        why = str(error)
    raise InvalidSpecError(f"--root {path}: {why}", reason=Reason.INVALID_SPEC)
