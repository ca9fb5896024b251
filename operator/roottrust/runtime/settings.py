"""The operator's configuration.

The models' descriptions are what the reference page is generated from.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
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

from roottrust.domain.bounds import Grant
from roottrust.runtime.settings_environment import EnvironmentSource

NAMESPACE_DEFAULT = "gloo-mesh"
SERVICE_ACCOUNT_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")

DnsLabel = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)
]
ServerUrl = Annotated[
    str,
    StringConstraints(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$", max_length=1024),
    AfterValidator(lambda url: url.rstrip("/")),
]
Role = Literal["hub", "cluster"]


class _Section(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )


class ClusterSettings(_Section):
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


class TokenFileSettings(_Section):
    """Login with a token that another program keeps in a file."""

    path: Path = Field(description="File with the token; it is read again when it changes.")


class KubernetesLoginSettings(_Section):
    """Login with the operator's own ServiceAccount token."""

    mount: str = Field(default="kubernetes", description="Mount of the auth method in Vault.")
    role: str = Field(default="roottrust-hub", description="Role in Vault to log in as.")
    token_path: Path = Field(
        default=SERVICE_ACCOUNT_TOKEN,
        description="Projected ServiceAccount token; it is read at each login.",
    )


class LoginSettings(_Section):
    """How the operator logs in to one Vault server; exactly one of the methods."""

    token_file: TokenFileSettings | None = Field(
        default=None, description="Login with a token kept in a file."
    )
    kubernetes: KubernetesLoginSettings | None = Field(
        default=None, description="Login with the operator's ServiceAccount token."
    )

    @model_validator(mode="after")
    def _has_one_method(self) -> Self:
        if (self.token_file is None) == (self.kubernetes is None):
            raise ValueError("set exactly one of tokenFile and kubernetes")
        return self


class VaultServerSettings(_Section):
    """One Vault server, the operator's login there, and what policies may do with it."""

    address: ServerUrl = Field(description="Address of the server as policies and agents name it.")
    endpoint: ServerUrl = Field(
        default="", description="Where the operator connects. Default: the address."
    )
    namespace: str = Field(default="", description="Vault namespace of the operator's login.")
    ca_file: Path | None = Field(
        default=None, description="CA that signed the server's certificate. Default: the system's."
    )
    allow_plain_http: bool = Field(
        default=False,
        alias="allowPlainHTTP",
        description="Accept policies that name this server by http://. For trials only.",
    )
    timeout_seconds: float = Field(
        default=10, gt=0, le=120, description="Longest wait for one answer."
    )
    login: LoginSettings = Field(description="How the operator logs in.")
    grants: tuple[Grant, ...] = Field(
        default=(),
        description="What policies may touch. Default: one grant for the operator's own namespace "
        "with the names of the guide.",
    )

    @model_validator(mode="before")
    @classmethod
    def _default_endpoint(cls, data: Any) -> Any:
        if isinstance(data, dict) and not data.get("endpoint"):
            return {**data, "endpoint": data.get("address")}
        return data


class HttpSettings(_Section):
    """The server of /livez, /readyz and /metrics."""

    host: str = Field(default="0.0.0.0", description="Address to listen at.")  # noqa: S104 - probes
    port: int = Field(default=8080, ge=0, le=65535, description="Port; 0 takes any free one.")


class LoggingSettings(_Section):
    """What is logged, and how."""

    format: Literal["json", "text"] = Field(default="json", description="Form of a line.")
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
    vault_servers: tuple[VaultServerSettings, ...] = Field(
        default=(), description="Vault servers that policies may name; a hub needs one at least."
    )
    resync_seconds: float = Field(
        default=300, ge=10, description="How often everything is compared with Vault."
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
                {"grants": [own], **server} if isinstance(server, dict) else server
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
