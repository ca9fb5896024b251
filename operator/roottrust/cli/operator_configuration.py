"""The operator's configuration as a person uses it: of a file, or the one in the cluster."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import ValidationError

from roottrust.cli.own_access import OwnAccess
from roottrust.domain.errors import RootTrustError
from roottrust.kube.access import KubeAccess
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import CONFIG_MAPS, SERVICES
from roottrust.runtime.settings import ClusterSettings, OperatorSettings
from roottrust.runtime.settings_cluster import ClusterConfiguration, read_cluster_configuration
from roottrust.runtime.settings_file import SettingsError, describe_settings_error, load_settings
from roottrust.runtime.settings_vault import VaultServerSettings

CLUSTER_CA = "kube-root-ca.crt"

_OTHER_HOST = (
    "Service default/kubernetes cannot be read: the API server's address is taken from the "
    "kubeconfig, and may be another than the operator's (cluster.kubernetesHost)."
)


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """The settings, how the operator reaches its API server, and files that only it has."""

    settings: OperatorSettings
    access: KubeAccess  # with the CA that the operator tells Vault of
    vault_cas: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def read_vault_ca(self, server: VaultServerSettings, own: OwnAccess) -> str | None:
        """Return the CA of a Vault as the person names it, or else as only the operator has it.

        None leaves what the settings say. Raises DependencyMissingError.
        """
        is_own = own.is_for(server, self.settings.vault_servers)
        return (own.read_ca() if is_own else None) or self.vault_cas.get(server.address)


async def read_configuration(
    client: KubeClient, *, file: Path | None, is_given: bool, namespace: str
) -> Configuration:
    """Return the one that is given, by a file or $ROOTTRUST_CONFIG, or else the operator's.

    Raises SettingsError and RootTrustError.
    """
    if is_given:
        settings = load_settings(file, command_line={"roles": ["hub"]})
        return Configuration(settings=settings, access=client.access)
    return await _read_cluster(client, namespace=namespace)


async def _read_cluster(client: KubeClient, *, namespace: str) -> Configuration:
    """Return the configuration of the operator that runs in a namespace."""
    found = await read_cluster_configuration(client, namespace=namespace)
    cluster, access, notes = await _look_from_inside(client, found, namespace=namespace)
    return Configuration(
        settings=found.settings.model_copy(update={"cluster": cluster}),
        access=access,
        vault_cas=_find_vault_cas(found),
        notes=(f"The operator's configuration is {found.source}.", *notes),
    )


def override_endpoints(configuration: Configuration, given: Iterable[str]) -> Configuration:
    """Return the configuration with other endpoints, written as `[ADDRESS=]URL`.

    Raises SettingsError for one that names no server, or that the configuration would not allow.
    """
    settings = configuration.settings
    servers = {each.address: each for each in settings.vault_servers}
    for word in given:
        address, url = _split_endpoint(word, servers)
        servers[address] = _set_endpoint(servers[address], url)
    changed = settings.model_copy(update={"vault_servers": tuple(servers.values())})
    return replace(configuration, settings=changed)


def _split_endpoint(word: str, servers: dict[str, VaultServerSettings]) -> tuple[str, str]:
    first, mark, second = word.partition("=")
    address, url = (first.rstrip("/"), second) if mark else (next(iter(servers)), first)
    if address not in servers or (not mark and len(servers) > 1):
        raise SettingsError(
            (f"--vault-endpoint {word}: write ADDRESS=URL with one of {', '.join(servers)}",)
        )
    return address, url


def _set_endpoint(server: VaultServerSettings, url: str) -> VaultServerSettings:
    given = {**server.model_dump(by_alias=True, exclude_unset=True), "endpoint": url}
    try:
        return VaultServerSettings.model_validate(given)
    except ValidationError as error:
        raise SettingsError(describe_settings_error(error, source="--vault-endpoint")) from None


async def _look_from_inside(
    client: KubeClient, found: ClusterConfiguration, *, namespace: str
) -> tuple[ClusterSettings, KubeAccess, tuple[str, ...]]:
    """Return how the operator's pod reaches its API server: that is what it tells Vault."""
    cluster, access = found.settings.cluster, client.access
    notes: tuple[str, ...] = ()
    if cluster.kubernetes_host is None:
        host = await _find_service_address(client)
        cluster = cluster.model_copy(update={"kubernetes_host": host or access.server})
        if host is None:
            notes = (_OTHER_HOST,)
    path = cluster.kubernetes_ca_file
    if path is None:
        pem = await _find_cluster_ca(client, namespace=namespace)
    else:
        pem = None if path.exists() else found.find_file(str(path))
    if pem is not None:
        cluster = cluster.model_copy(update={"kubernetes_ca_file": None})
        access = replace(access, ca_pem=pem)
    return cluster, access, notes


async def _find_service_address(client: KubeClient) -> str | None:
    """Return KUBERNETES_SERVICE_HOST and _PORT as pods have them."""
    try:
        service = await client.get(SERVICES, name="kubernetes", namespace="default")
        spec = (service or {})["spec"]
        port = next(each["port"] for each in spec["ports"] if each.get("name") == "https")
    except (RootTrustError, KeyError, StopIteration):
        return None
    ip = spec["clusterIP"]
    return f"https://[{ip}]:{port}" if ":" in ip else f"https://{ip}:{port}"


async def _find_cluster_ca(client: KubeClient, *, namespace: str) -> str | None:
    """Return the CA as every pod has it, None where it cannot be read."""
    try:
        found = await client.get(CONFIG_MAPS, name=CLUSTER_CA, namespace=namespace)
    except RootTrustError:
        return None
    pem = ((found or {}).get("data") or {}).get("ca.crt")
    return str(pem) if pem else None


def _find_vault_cas(found: ClusterConfiguration) -> dict[str, str]:
    cas: dict[str, str] = {}
    for server in found.settings.vault_servers:
        path = server.ca_file
        text = found.find_file(str(path)) if path and not path.exists() else None
        if text is not None:
            cas[server.address] = text
    return cas
