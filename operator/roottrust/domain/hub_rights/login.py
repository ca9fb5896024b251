"""How the hub's login is set up in Vault, as the commands of an administrator."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath


class LoginMethod(StrEnum):
    """Vault's auth methods that the hub can use, and a token that is given to it."""

    KUBERNETES = "kubernetes"
    APP_ROLE = "approle"
    USERPASS = "userpass"
    TOKEN_FILE = "token"  # noqa: S105 - the name of a method


@dataclass(frozen=True, kw_only=True)
class HubLogin:
    """How the hub logs in, and as whom; `file` is where its secret, or token, lies in its pod.

    So does its role id in `role_id_file`, unless the configuration holds it.
    """

    method: LoginMethod
    mount: str = ""
    name: str = ""
    file: str = ""
    role_id_file: str = ""
    operator_namespace: str = "gloo-mesh"


def render_login(login: HubLogin, policies: Iterable[str], *, namespace: str = "") -> str:
    """Return the commands, each of which can be repeated but those that enable a mount."""
    named = ",".join(policies)
    lines = list(_list_commands(login, named))
    if namespace:
        lines = [f"export VAULT_NAMESPACE={namespace}", *lines]
    return "\n".join(lines) + "\n"


def _list_commands(login: HubLogin, policies: str) -> Iterable[str]:
    rights = f"token_policies={policies} token_no_default_policy=true token_ttl=1h"
    mount, name = login.mount, login.name
    match login.method:
        case LoginMethod.KUBERNETES:
            return (
                f"vault auth enable -path={mount} kubernetes",
                "# Where Vault is not in the hub's cluster, with an account that reviews tokens:",
                f"vault write auth/{mount}/config kubernetes_host=https://… \\",
                "  kubernetes_ca_cert=@ca.crt token_reviewer_jwt=@reviewer.jwt",
                f"vault write auth/{mount}/role/{name} audience=vault \\",
                "  bound_service_account_names=roottrust-hub \\",
                f"  bound_service_account_namespaces={login.operator_namespace} \\",
                f"  {rights}",
            )
        case LoginMethod.APP_ROLE:
            return (
                f"vault auth enable -path={mount} approle",
                f"vault write auth/{mount}/role/{name} {rights}",
                *_list_role_id(login),
                f"# This file goes into the Secret that the pod has at {login.file}:",
                f"vault write -force -field=secret_id auth/{mount}/role/{name}/secret-id \\",
                f"  >{PurePosixPath(login.file).name}",
            )
        case LoginMethod.USERPASS:
            return (
                f"vault auth enable -path={mount} userpass",
                f"# The password goes into the Secret that the pod has at {login.file}:",
                "openssl rand -hex 24 | tr -d '\\n' >password",
                f"vault write auth/{mount}/users/{name} password=@password {rights}",
            )
        case LoginMethod.TOKEN_FILE:
            flags = " ".join(f"-policy={each}" for each in policies.split(","))
            return (
                f"# This goes into the file {login.file} of the pod:",
                f"vault token create {flags} -no-default-policy -orphan -period=24h -field=token",
            )


def _list_role_id(login: HubLogin) -> Iterable[str]:
    command = f"vault read -field=role_id auth/{login.mount}/role/{login.name}/role-id"
    if not login.role_id_file:
        return ("# This is the roleId of the configuration:", command)
    return (
        f"# This file goes into the Secret that the pod has at {login.role_id_file}:",
        f"{command} >{PurePosixPath(login.role_id_file).name}",
    )
