"""The operator's configuration.

The models' descriptions are what the reference page is generated from.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from roottrust.runtime.settings_environment import EnvironmentSource
from roottrust.runtime.settings_section import Section
from roottrust.runtime.settings_vault import ServerUrl, VaultServerSettings

NAMESPACE_DEFAULT = "gloo-mesh"

DnsLabel = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)
]
Role = Literal["hub", "cluster"]


class ClusterSettings(Section):
    """The cluster that the operator runs in."""

    name: DnsLabel = Field(
        description="Name of this cluster. It becomes a part of names in Vault and of SANs."
    )
    kubernetes_host: ServerUrl | None = Field(
        default=None,
        description="Where Vault reaches this API server. Default: where the operator reaches it.",
    )
    kubernetes_ca_file: Path | None = Field(
        default=None,
        alias="kubernetesCAFile",
        description="CA of that address. Default: the CA that the operator itself uses.",
    )
    labels: dict[str, str] = Field(
        default_factory=dict, description="Labels that a policy's clusterSelector is matched with."
    )


class LeaderElectionSettings(Section):
    """Which of several replicas works: the one that holds the Lease.

    It is `roottrust-hub`, or `roottrust-cluster` of a process that has the cluster role alone.
    """

    enabled: bool = Field(
        default=True, description="Take part in it; without it no second replica may run."
    )
    lease_seconds: int = Field(
        default=15,
        ge=2,
        le=3600,
        description="How long the others wait for a leader that is silent.",
    )
    renew_seconds: float = Field(
        default=10,
        gt=0,
        description="A leader that could not renew for so long writes no more and ends. Less than "
        "`leaseSeconds`: what was sent in time must arrive before another one begins.",
    )
    retry_seconds: float = Field(
        default=2,
        gt=0,
        description="How often the lease is renewed or looked at; at most half of `renewSeconds`.",
    )

    @model_validator(mode="after")
    def _leaves_time(self) -> Self:
        if self.renew_seconds >= self.lease_seconds:
            raise ValueError("renewSeconds must be less than leaseSeconds")
        if self.retry_seconds > self.renew_seconds / 2:
            raise ValueError("retrySeconds must be at most half of renewSeconds")
        return self


class HttpSettings(Section):
    """The server of /livez, /readyz and /metrics."""

    host: str = Field(
        default="",
        description="Address to listen at. Default: all of the pod, IPv4 and IPv6.",
    )
    port: int = Field(default=8080, ge=0, le=65535, description="Port; 0 takes any free one.")


class LoggingSettings(Section):
    """What is logged, and how."""

    format: Literal["json", "console"] | None = Field(
        default=None,
        description="Form of a line: `json` for programs, `console` for people. Default: `console` "
        "at a terminal, else `json`.",
    )
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least level that is logged."
    )


def _find_own_namespace() -> str:
    return os.environ.get("POD_NAMESPACE") or NAMESPACE_DEFAULT


class OperatorSettings(BaseSettings):
    """Everything an operator is told: a YAML file, overridden by ROOTTRUST_* variables."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        validate_default=False,
    )

    hub_name: DnsLabel = Field(
        default="", description="Mark of this hub on what it owns in Vault. Default: cluster.name."
    )
    namespace: DnsLabel = Field(
        default_factory=_find_own_namespace,
        description="The operator's own namespace. Default: $POD_NAMESPACE, or gloo-mesh.",
    )
    roles: tuple[Role, ...] = Field(
        default=("hub", "cluster"), description="What this process does."
    )
    cluster: ClusterSettings = Field(description="The cluster that the operator runs in.")
    remote_policies: bool = Field(
        default=False,
        description="RootTrustPolicies in workload clusters count, each for its own cluster alone "
        "and within `remoteGrants`. Set it for the hub and for the operators in those clusters.",
    )
    management_cluster: DnsLabel = Field(
        default="",
        description="Name of the management cluster, which RootTrustPolicies that are applied "
        "elsewhere are told. Default: the hub that keeps IssuedCertificates in this cluster.",
    )
    vault_servers: tuple[VaultServerSettings, ...] = Field(
        default=(), description="Vault servers that policies may name; a hub needs one at least."
    )
    resync_seconds: float = Field(
        default=300, ge=10, description="How often everything is compared with Vault."
    )
    deletion_seconds: float = Field(
        default=120,
        ge=1,
        le=3600,
        description="How long the deletion of a policy with deletionPolicy Delete waits for a "
        "Vault that cannot be used, or for what depends on it; then the rest is left behind.",
    )
    kubelet_seconds: float = Field(
        default=100,
        ge=0,
        le=3600,
        description="While a root is rotated: how long kubelets are given to bring changed roots "
        "into pods that mount them. More than one and a half of their sync periods.",
    )
    workers: int = Field(default=16, ge=1, le=256, description="Objects reconciled at once.")
    vault_concurrency: int = Field(
        default=8, ge=1, le=64, description="Requests at once to one Vault server."
    )
    kubernetes_concurrency: int = Field(
        default=12, ge=1, le=128, description="Requests at once to one API server."
    )
    shutdown_seconds: float = Field(
        default=20,
        gt=0,
        description="Longest wait for work in progress when the operator stops; keep it below the "
        "pod's grace period.",
    )
    leader_election: LeaderElectionSettings = Field(
        default_factory=LeaderElectionSettings,
        description="How one of several replicas is chosen, by a Lease in its namespace.",
    )
    http: HttpSettings = Field(
        default_factory=HttpSettings, description="Health and metrics endpoints."
    )
    logging: LoggingSettings = Field(default_factory=LoggingSettings, description="Logs.")

    ENVIRONMENT_PREFIX: ClassVar[str] = "ROOTTRUST_"
    COMMAND_LINE: ClassVar[str] = "$commandLine"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the command line win over the environment, and that over the file."""
        del env_settings, dotenv_settings, file_secret_settings
        given = dict(getattr(init_settings, "init_kwargs", {}))
        command_line = given.pop(cls.COMMAND_LINE, {})
        return (
            InitSettingsSource(settings_cls, command_line),
            EnvironmentSource(settings_cls, prefix=cls.ENVIRONMENT_PREFIX),
            InitSettingsSource(settings_cls, given),
        )

    @model_validator(mode="before")
    @classmethod
    def _fill_derived_defaults(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        filled = dict(data)
        cluster = filled.get("cluster")
        if not filled.get("hubName") and isinstance(cluster, dict) and cluster.get("name"):
            filled["hubName"] = cluster["name"]
        own = {"policyNamespaces": [filled.get("namespace") or _find_own_namespace()]}
        servers = filled.get("vaultServers")
        if isinstance(servers, list):
            filled["vaultServers"] = [
                {"grants": [own], "remoteGrants": [own], **server}
                if isinstance(server, dict)
                else server
                for server in servers
            ]
        return filled

    @field_validator("roles")
    @classmethod
    def _has_a_role(cls, roles: tuple[Role, ...]) -> tuple[Role, ...]:
        if not roles:
            raise ValueError("name hub, cluster or both")
        return roles

    @field_validator("vault_servers")
    @classmethod
    def _has_distinct_addresses(
        cls, servers: tuple[VaultServerSettings, ...]
    ) -> tuple[VaultServerSettings, ...]:
        if len({server.address for server in servers}) < len(servers):
            raise ValueError("two servers have the same address")
        return servers

    @model_validator(mode="after")
    def _gives_hub_a_vault(self) -> Self:
        if "hub" in self.roles and not self.vault_servers:
            raise ValueError("the role hub needs at least one entry in vaultServers")
        return self
