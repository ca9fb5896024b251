"""The configuration of the operator's own login to a Vault server.

It names files with secrets and never holds one: it lies in a ConfigMap.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from roottrust.runtime.settings_section import Section

SERVICE_ACCOUNT_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
# What deploy/ calls what the operator has in Vault: role, user and policy.
OWN_NAME = "roottrust-hub"

_MOUNT = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*", re.ASCII)


def _check_mount(mount: str) -> str:
    name = mount.strip("/")
    if name.startswith(("auth/", "v1/")):
        raise ValueError("name the mount alone, without auth/ before it")
    if not _MOUNT.fullmatch(name) or ".." in name:
        raise ValueError("a mount has ASCII letters, digits, - _ . and / alone")
    return name


def _check_absolute(path: Path) -> Path:
    # A secret that is written in the place of its file's name must not get into messages.
    if not path.is_absolute():
        raise ValueError("write the absolute path of a file")
    return path


AuthMount = Annotated[str, AfterValidator(_check_mount)]
SecretFile = Annotated[Path, AfterValidator(_check_absolute)]
UserName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_]([A-Za-z0-9_.@-]*[A-Za-z0-9_])?$", max_length=512)
]
RoleId = Annotated[str, StringConstraints(pattern=r"^\S+$", max_length=4096)]


def _refuse_secret(data: Any, *, key: str, file: str) -> Any:
    if isinstance(data, dict) and key in data:
        raise ValueError(f"leave out {key}: secrets are read from files alone, which {file} names")
    return data


class TokenFileSettings(Section):
    """Login with a token that another program keeps in a file."""

    path: SecretFile = Field(description="File with the token; it is read again when it changes.")

    @model_validator(mode="before")
    @classmethod
    def _has_no_token(cls, data: Any) -> Any:
        return _refuse_secret(data, key="token", file="path")


class KubernetesLoginSettings(Section):
    """Login with the operator's own ServiceAccount token."""

    mount: AuthMount = Field(default="kubernetes", description="Mount of the auth method in Vault.")
    role: str = Field(default=OWN_NAME, description="Role in Vault to log in as.")
    token_path: SecretFile = Field(
        default=SERVICE_ACCOUNT_TOKEN,
        description="Projected ServiceAccount token; it is read at each login.",
    )


class AppRoleLoginSettings(Section):
    """Login with a role id and a secret id."""

    mount: AuthMount = Field(default="approle", description="Mount of the auth method in Vault.")
    role_id: RoleId | None = Field(
        default=None, description="Role id; Vault does not treat it as a secret."
    )
    role_id_file: SecretFile | None = Field(
        default=None, description="File with the role id, instead of it; read at each login."
    )
    secret_id_file: SecretFile = Field(
        description="File with the secret id; it is read at each login, so exchange it at any time."
    )

    @model_validator(mode="before")
    @classmethod
    def _has_no_secret_id(cls, data: Any) -> Any:
        return _refuse_secret(data, key="secretId", file="secretIdFile")

    @model_validator(mode="after")
    def _has_one_role_id(self) -> Self:
        if (self.role_id is None) == (self.role_id_file is None):
            raise ValueError("set exactly one of roleId and roleIdFile")
        return self


class UserpassLoginSettings(Section):
    """Login with a name and a password."""

    mount: AuthMount = Field(default="userpass", description="Mount of the auth method in Vault.")
    username: UserName = Field(default=OWN_NAME, description="Name in Vault to log in as.")
    password_file: SecretFile = Field(
        description="File with the password; it is read at each login, so exchange it at any time."
    )

    @model_validator(mode="before")
    @classmethod
    def _has_no_password(cls, data: Any) -> Any:
        return _refuse_secret(data, key="password", file="passwordFile")


class LoginSettings(Section):
    """How the operator logs in to one Vault server; exactly one of the methods."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    token_file: TokenFileSettings | None = Field(
        default=None, description="Login with a token kept in a file."
    )
    kubernetes: KubernetesLoginSettings | None = Field(
        default=None, description="Login with the operator's ServiceAccount token."
    )
    app_role: AppRoleLoginSettings | None = Field(
        default=None, description="Login with a role id and a secret id."
    )
    userpass: UserpassLoginSettings | None = Field(
        default=None, description="Login with a name and a password."
    )

    @model_validator(mode="after")
    def _has_one_method(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("set exactly one of tokenFile, kubernetes, appRole and userpass")
        return self

    @property
    def reserved_auth_mounts(self) -> frozenset[str]:
        """The mount that the operator logs in by: no policy may ever write to it."""
        method = self.kubernetes or self.app_role or self.userpass
        return frozenset({method.mount}) if method else frozenset()

    @property
    def reserved_roles(self) -> frozenset[str]:
        """Names that its own Vault policy is likely to have; the login tells those it has."""
        names = {OWN_NAME}
        if self.kubernetes:
            names.add(self.kubernetes.role)
        if self.userpass:
            names.add(self.userpass.username)
        return frozenset(names)
