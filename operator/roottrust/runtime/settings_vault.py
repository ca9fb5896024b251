"""The configuration of one Vault server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from roottrust.domain.bounds import Grant, RemoteGrant
from roottrust.domain.vault_namespace import is_within
from roottrust.runtime.settings_login import LoginSettings
from roottrust.runtime.settings_section import Section

ServerUrl = Annotated[
    str,
    StringConstraints(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$", max_length=1024),
    AfterValidator(lambda url: url.rstrip("/")),
]
_NAMESPACE = re.compile(r"([A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*)?", re.ASCII)


def _check_namespace(namespace: str) -> str:
    if not _NAMESPACE.fullmatch(namespace) or ".." in namespace:
        raise ValueError("a Vault namespace has ASCII letters, digits, - _ . and / alone")
    return namespace


VaultNamespace = Annotated[
    str,
    AfterValidator(lambda namespace: namespace.strip("/")),
    AfterValidator(_check_namespace),
]


class VaultServerSettings(Section):
    """One Vault server, the operator's login there, and what policies may do with it."""

    address: ServerUrl = Field(description="Address of the server as policies and agents name it.")
    endpoint: ServerUrl = Field(
        default="", description="Where the operator connects. Default: the address."
    )
    namespace: VaultNamespace = Field(
        default="",
        description="Vault namespace of the operator's login, and of what it manages where a "
        "policy names none. Needs Vault Enterprise, or OpenBao 2.3 or newer.",
    )
    ca_file: Path | None = Field(
        default=None, description="CA that signed the server's certificate. Default: the system's."
    )
    allow_plain_http: bool = Field(
        default=False,
        alias="allowPlainHTTP",
        description="Accept policies that name this server by http://, and an endpoint by http://. "
        "For trials only.",
    )
    timeout_seconds: float = Field(
        default=10, gt=0, le=120, description="Longest wait for one answer."
    )
    login: LoginSettings = Field(description="How the operator logs in.")
    root_owners: dict[str, str] = Field(
        default_factory=dict,
        description="Which policy (NAMESPACE/NAME) owns the root of a mount that several share; a "
        "mount in a Vault namespace below the server's own is written VAULT_NAMESPACE:MOUNT. "
        "Default: the oldest.",
    )
    grants: tuple[Grant, ...] = Field(
        default=(),
        description="What policies may touch. Default: one grant for the operator's own namespace "
        "with the names of the guide.",
    )

    remote_grants: tuple[RemoteGrant, ...] = Field(
        default=(),
        description="What policies in workload clusters may use, where `remotePolicies` is on. "
        "Default: one grant for the operator's own namespace there, and the root mount `pki`.",
    )

    @model_validator(mode="before")
    @classmethod
    def _default_endpoint(cls, data: Any) -> Any:
        if isinstance(data, dict) and not data.get("endpoint"):
            return {**data, "endpoint": data.get("address")}
        return data

    @model_validator(mode="after")
    def _reaches_granted_namespaces(self) -> Self:
        granted: tuple[Grant | RemoteGrant, ...] = (*self.grants, *self.remote_grants)
        for pattern in (each for grant in granted for each in grant.vault_namespaces):
            if not is_within(pattern, self.namespace):
                raise ValueError(
                    f"vaultNamespaces has {pattern}, which the operator's token cannot reach: "
                    f"write full paths, of {self.namespace} or below it"
                )
        return self

    @model_validator(mode="after")
    def _protects_login(self) -> Self:
        is_plain = self.endpoint.startswith("http://") and self.address.startswith("https://")
        if is_plain and not self.allow_plain_http:
            raise ValueError(
                "endpoint is plain HTTP, which would show the operator's token to the network: use "
                "https://, or set allowPlainHTTP"
            )
        return self
