"""One run of `roottrust plan`, from its options to its result."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from roottrust.cli.operator_configuration import (
    Configuration,
    override_endpoints,
    read_configuration,
)
from roottrust.cli.own_access import OwnAccess, list_notes
from roottrust.cli.plan.build_report import build_report
from roottrust.cli.plan.given import Given, check_edits, read_given
from roottrust.cli.plan.hub import Listed, PlanningHub, build_planning_hub, build_servers
from roottrust.cli.plan.registered import look_at_registered
from roottrust.cli.plan.report import PlanReport, PolicyReport
from roottrust.cli.plan.yaml_documents import DocumentsError, read_documents
from roottrust.cli.policy_choice import get_full_name
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.http.guard import refuse_writes
from roottrust.hub.kinds import ISSUED_CERTIFICATES, MESHES, POLICIES
from roottrust.kube.access import load_access
from roottrust.kube.client import KubeClient
from roottrust.runtime.store import ObjectKey, build_key

Tell = Callable[[str], None]

_RIGHTS = (
    "{origin} lacks a right in Vault: deploy/vault/roottrust-plan.hcl has all that a plan needs."
)
_NO_TOKEN = "Log in with `vault login`, or set VAULT_TOKEN, to read Vault as yourself."  # noqa: S105


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line says; `names` are NAME or NAMESPACE/NAME."""

    names: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    namespace: str | None = None
    config_file: Path | None = None
    is_configured: bool = False
    operator_namespace: str
    kubeconfig: Path | None = None
    context: str | None = None
    endpoints: tuple[str, ...] = ()


async def run_plan(
    options: Options, own: OwnAccess, *, tell: Tell, now: Callable[[], datetime]
) -> PlanReport:
    """Return what would be changed.

    Raises DocumentsError, SettingsError and RootTrustError when there is nothing to show.
    """
    given = _read_files(options, tell)
    access = await load_access(kubeconfig=options.kubeconfig, context=options.context)
    client = KubeClient(access, guard=refuse_writes)
    try:
        configuration = await read_configuration(
            client,
            file=options.config_file,
            is_given=options.is_configured,
            namespace=options.operator_namespace,
        )
    finally:
        await client.close()
    configuration = override_endpoints(configuration, options.endpoints)
    for note in (*configuration.notes, *list_notes(own, configuration.settings.vault_servers)):
        tell(note)
    client = KubeClient(configuration.access, guard=refuse_writes)
    try:
        return await _plan(options, own, given, configuration, client, tell=tell, now=now)
    finally:
        await client.close()


def _read_files(options: Options, tell: Tell) -> Given | None:
    if not options.files:
        return None
    given = read_given(read_documents(options.files), namespace=options.namespace)
    for note in given.notes:
        tell(note)
    if not given.policies:
        raise DocumentsError(("The files hold no RootTrustPolicy.",))
    return given


async def _plan(
    options: Options,
    own: OwnAccess,
    given: Given | None,
    configuration: Configuration,
    client: KubeClient,
    *,
    tell: Tell,
    now: Callable[[], datetime],
) -> PlanReport:
    kinds = (POLICIES, MESHES, ISSUED_CERTIFICATES)
    listed: Listed = {kind: await client.list(kind) for kind in kinds}
    if given is not None:
        _check_edits(given, listed)
    registered = await look_at_registered(client, configuration.settings, tell=tell, now=now)
    servers = build_servers(configuration, own)
    try:
        manifests = [each.manifest for each in given.policies] if given else []
        hub = await build_planning_hub(
            configuration,
            listed,
            manifests,
            client=client,
            registered=registered,
            servers=servers,
            now=now,
        )
        if given is None:
            keys = _select(hub, options, tell)
        else:
            base = await build_planning_hub(
                configuration,
                listed,
                client=client,
                registered=registered,
                servers=servers,
                now=now,
            )
            keys = hub.before.keys() | await hub.find_concerned(base)
        planned_at = now()
        previews = await hub.planner.plan(sorted(keys))
    finally:
        await servers.close()
        await registered.close()
    report = build_report(previews, before=hub.before, planned_at=planned_at)
    _tell_of_access(report.policies, own, tell)
    return report


def _check_edits(given: Given, listed: Listed) -> None:
    known = {get_full_name(each): each for each in listed[POLICIES]}
    faults = check_edits(given.policies, known)
    if faults:
        raise DocumentsError(faults)


def _select(hub: PlanningHub, options: Options, tell: Tell) -> set[ObjectKey]:
    """Return the policies that are asked for; raises DependencyMissingError for a missing one."""
    selected: set[ObjectKey] = set()
    found: set[str] = set()
    for manifest in hub.store.list(POLICIES, namespace=options.namespace):
        metadata, full_name = manifest["metadata"], get_full_name(manifest)
        names = {metadata["name"], full_name}
        if options.names and names.isdisjoint(options.names):
            continue
        found |= names
        if metadata.get("deletionTimestamp"):
            tell(f"{full_name} is being deleted, and left out.")
        else:
            selected.add(build_key(POLICIES, manifest))
    missing = [name for name in options.names if name not in found]
    if missing:
        where = f" in namespace {options.namespace}" if options.namespace else ""
        raise DependencyMissingError(
            f"There is no RootTrustPolicy {', '.join(missing)}{where}.", reason=Reason.API_REFUSED
        )
    return selected


def _tell_of_access(policies: Iterable[PolicyReport], own: OwnAccess, tell: Tell) -> None:
    reasons = {problem.reason for policy in policies for problem in policy.problems}
    if own.token is None and Reason.LOGIN_FAILED in reasons:
        tell(_NO_TOKEN)
    if own.token is not None and Reason.ACCESS_DENIED in reasons:
        tell(_RIGHTS.format(origin=own.origin))
