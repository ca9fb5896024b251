"""Preparing a workload cluster for the hub, and registering it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from roottrust.api.kind import MESH
from roottrust.cli.cluster.places import Places, explained, find_kind
from roottrust.cli.cluster_name import check_cluster_name
from roottrust.domain.account_token import read_account_token
from roottrust.domain.cluster_registration import (
    CLUSTER_SELECTOR,
    VAULT_CA_ANNOTATION,
    VAULT_HOST_ANNOTATION,
    read_registrations,
)
from roottrust.domain.errors import DependencyMissingError, InvalidSpecError, RootTrustError
from roottrust.domain.kubeconfig import ClusterAccess
from roottrust.domain.moment import show_time
from roottrust.domain.reasons import Reason
from roottrust.domain.registration_manifest import build_registration, find_registering
from roottrust.domain.remote_hub import (
    HUB_ACCOUNT,
    build_remote_manifests,
    list_needed_rights,
    list_policy_rights,
)
from roottrust.domain.target import Account
from roottrust.kube.access_rights import find_missing_rights
from roottrust.kube.account_token import issue_account_token
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import SECRETS
from roottrust.kube.own_kind import build_resource
from roottrust.runtime.settings import OperatorSettings
from roottrust.runtime.settings_cluster import read_cluster_configuration
from roottrust.runtime.settings_file import SettingsError

FIELD_MANAGER = "roottrust-cluster-join"

Tell = Callable[[str], None]
Manifest = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class JoinOptions:
    """What the command line says; a label that is None is taken off.

    `with_policies` says whether the hub may keep RootTrustPolicies there; None, whether its own
    configuration has them count.
    """

    name: str
    places: Places
    labels: Mapping[str, str | None] = field(default_factory=dict)
    server: str | None = None
    vault_host: str | None = None
    vault_ca_pem: str | None = None
    token_seconds: int
    registers_only: bool = False
    with_policies: bool | None = None


async def join(options: JoinOptions, *, tell: Tell, note: Tell) -> None:
    """Do all of it; doing it again makes another token and changes nothing else.

    Raises RootTrustError, before anything is written where that can be known.
    """
    check_cluster_name(options.name)
    async with options.places.open_hub() as hub, options.places.open_workload() as workload:
        settings = await _check_places(options, hub, workload)
        given = options.with_policies
        with_policies = bool(settings and settings.remote_policies) if given is None else given
        with explained(workload):
            if not options.registers_only:
                await _prepare(options, workload, with_policies=with_policies, tell=tell)
            access = await _build_access(options, workload)
            await _check_rights(access, workload, with_policies=with_policies, note=note)
        with explained(hub):
            await _register(options, hub, access, tell=tell, note=note)


async def _check_places(
    options: JoinOptions, hub: KubeClient, workload: KubeClient
) -> OperatorSettings | None:
    """Return the hub's configuration, None where it cannot be read; raises InvalidSpecError."""
    if hub.server == workload.server:
        raise InvalidSpecError(
            f"--context names the cluster that the hub runs in ({hub.server}), which it serves "
            "anyway: name another one, or the hub's by --hub-context.",
            reason=Reason.CLUSTER_NAME_TAKEN,
        )
    namespace = options.places.namespace
    try:
        found = await read_cluster_configuration(hub, namespace=namespace)
    except (RootTrustError, SettingsError):
        return None  # the hub itself refuses its own name
    if found.settings.cluster.name == options.name:
        raise InvalidSpecError(
            f"{options.name} is the name of the hub's own cluster: give this one another name.",
            reason=Reason.CLUSTER_NAME_TAKEN,
        )
    return found.settings


async def _prepare(
    options: JoinOptions, workload: KubeClient, *, with_policies: bool, tell: Tell
) -> None:
    namespace = options.places.namespace
    for manifest in build_remote_manifests(namespace, with_policies=with_policies):
        await workload.apply(find_kind(manifest), manifest, field_manager=FIELD_MANAGER)
    tell(f"{workload.server}: account {namespace}/{HUB_ACCOUNT} and its rights are applied.")


async def _build_access(options: JoinOptions, workload: KubeClient) -> ClusterAccess:
    configuration = workload.access.configuration
    if not workload.ca_pem:
        raise DependencyMissingError(
            "The kubeconfig has no certificate-authority for this context, which the hub and "
            "Vault need: add certificate-authority-data.",
            reason=Reason.INVALID_KUBECONFIG,
        )
    account = Account(namespace=options.places.namespace, name=HUB_ACCOUNT)
    token = await issue_account_token(
        workload, account, audience=None, seconds=options.token_seconds
    )
    return ClusterAccess(
        server=options.server or workload.server,
        ca_pem=workload.ca_pem,
        token=token,
        tls_server_name=configuration.tls_server_name,
    )


async def _check_rights(
    access: ClusterAccess, workload: KubeClient, *, with_policies: bool, note: Tell
) -> None:
    """Ask as the hub will, over the way that a person has: the hub's own may be closed here."""
    client = KubeClient(workload.access.with_token(access.token))
    try:
        needed = list_needed_rights() + (list_policy_rights() if with_policies else ())
        missing = await find_missing_rights(client, needed)
        if missing:
            names = ", ".join(map(str, missing))
            note(f"The hub's account there still lacks rights: {names}. Apply its roles anew.")
        await client.list(build_resource(MESH))
    except DependencyMissingError:
        note(
            "The cluster does not know our kinds yet: apply crds/ there, too "
            "(kubectl apply --server-side -f crds/)."
        )
    finally:
        await client.close()


async def _register(
    options: JoinOptions, hub: KubeClient, access: ClusterAccess, *, tell: Tell, note: Tell
) -> None:
    namespace = options.places.namespace
    secrets = await hub.list(SECRETS, namespace=namespace, label_selector=CLUSTER_SELECTOR)
    found = find_registering(options.name, secrets)
    given = {
        VAULT_HOST_ANNOTATION: options.vault_host,
        VAULT_CA_ANNOTATION: options.vault_ca_pem,
    }
    manifest = build_registration(
        options.name,
        access,
        namespace=namespace,
        found=found,
        labels=options.labels,
        annotations={key: value for key, value in given.items() if value is not None},
    )
    _check_accepted(options.name, manifest, found)
    await hub.apply(SECRETS, manifest, field_manager=FIELD_MANAGER)
    name = manifest["metadata"]["name"]
    tell(f"{hub.server}: Secret {namespace}/{name} registers {options.name} ({access.server}).")
    tell(_describe_token(access.token))
    if _is_local(access.server):
        note(f"{access.server} is an address of this machine: name the hub's by --server.")


def _check_accepted(name: str, manifest: Manifest, found: Manifest | None) -> None:
    """See that the hub will not refuse it; raises InvalidSpecError with the hub's reason."""
    data = {**((found or {}).get("data") or {}), **manifest["data"]}
    registrations = read_registrations([{**manifest, "data": data}], own_name="")
    for each in registrations.refused:
        if each.name == name and each.refusal is not None:
            raise InvalidSpecError(each.refusal.message, reason=each.refusal.reason)


def _describe_token(token: SecretStr) -> str:
    known = read_account_token(token)
    end: datetime | None = known.expires_at if known else None
    until = f" until {show_time(end)}" if end else ""
    return f"Its token is good{until}; the hub renews it at half of its life."


def _is_local(server: str) -> bool:
    host = server.removeprefix("https://").split("/")[0].rsplit(":", 1)[0]
    return host in {"localhost", "127.0.0.1", "[::1]", "0.0.0.0"}  # noqa: S104 - it is told of
