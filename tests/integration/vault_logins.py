"""Ways to log in, each set up in Vault as its administrator would; names are the test's own."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roottrust.vault.login import (
    AppRoleLogin,
    KubernetesLogin,
    Login,
    TokenFileLogin,
    UserpassLogin,
)
from testbed import Cluster
from tests.integration.vault_calls import Ask, write

# What deploy/ calls what the hub has in Vault.
NAME = "roottrust-hub"
AUDIENCE = "vault"
ACCOUNT = "operator"


@dataclass(frozen=True, kw_only=True)
class PreparedLogin:
    """A login that works, the file with its credential, and one that is not taken."""

    login: Login
    path: str
    credential: Path
    wrong: str
    role_id: str = ""  # of an AppRole


def prepare_userpass(ask: Ask, folder: Path, token: Mapping[str, Any]) -> PreparedLogin:
    mount, password = _enable(ask, "userpass"), _write(folder, "password", uuid.uuid4().hex)
    write(ask, f"auth/{mount}/users/{NAME}", {"password": password.read_text(), **token})
    return PreparedLogin(
        login=UserpassLogin(mount=mount, username=NAME, password_path=password),
        path=f"auth/{mount}/login/{NAME}",
        credential=password,
        wrong="not-the-password",
    )


def prepare_approle(ask: Ask, folder: Path, token: Mapping[str, Any]) -> PreparedLogin:
    mount = _enable(ask, "approle")
    role = f"auth/{mount}/role/{NAME}"
    write(ask, role, token)
    secret_id = _write(folder, "secret-id", write(ask, f"{role}/secret-id", {})["secret_id"])
    role_id = ask("GET", f"{role}/role-id").json()["data"]["role_id"]
    return PreparedLogin(
        login=AppRoleLogin(mount=mount, role_id=role_id, secret_id_path=secret_id),
        path=f"auth/{mount}/login",
        credential=secret_id,
        wrong=str(uuid.uuid4()),
        role_id=role_id,
    )


def build_approle_setting(prepared: PreparedLogin) -> dict[str, Any]:
    """Return such a login as the operator's configuration has it."""
    mount = prepared.path.split("/")[1]
    secret_id = str(prepared.credential)
    return {"appRole": {"mount": mount, "roleId": prepared.role_id, "secretIdFile": secret_id}}


def prepare_kubernetes(
    ask: Ask, folder: Path, token: Mapping[str, Any], cluster: Cluster, namespace: str
) -> PreparedLogin:
    """Have the API server itself say whose token it is, by a reviewer of the namespace."""
    mount = _enable(ask, "kubernetes")
    _make_accounts(cluster, namespace)
    reviewer = cluster.kubectl("create", "token", "reviewer", "-n", namespace).stdout.strip()
    config = {
        "kubernetes_host": cluster.server,
        "kubernetes_ca_cert": cluster.ca_file.read_text(),
        "token_reviewer_jwt": reviewer,
    }
    write(ask, f"auth/{mount}/config", config)
    role = {
        "audience": AUDIENCE,
        "bound_service_account_names": ACCOUNT,
        "bound_service_account_namespaces": namespace,
        **token,
    }
    write(ask, f"auth/{mount}/role/{NAME}", role)
    words = ("create", "token", ACCOUNT, "-n", namespace)
    jwt = _write(folder, "jwt", cluster.kubectl(*words, f"--audience={AUDIENCE}").stdout.strip())
    return PreparedLogin(
        login=KubernetesLogin(mount=mount, role=NAME, token_path=jwt),
        path=f"auth/{mount}/login",
        credential=jwt,
        wrong=cluster.kubectl(*words, "--audience=somebody-else").stdout.strip(),
    )


def prepare_token_file(ask: Ask, folder: Path, token: Mapping[str, Any]) -> PreparedLogin:
    wanted = {
        "policies": token["token_policies"],
        "no_parent": True,
        "ttl": token["token_ttl"],
        "explicit_max_ttl": token.get("token_max_ttl", 0),
    }
    made = ask("POST", "auth/token/create", wanted).json()["auth"]["client_token"]
    path = _write(folder, "token", made)
    return PreparedLogin(
        login=TokenFileLogin(path),
        path="auth/token/lookup-self",
        credential=path,
        wrong="hvs.CAESIJlU02LQZq3x9fXxYjvFcUD-0",
    )


def _enable(ask: Ask, method: str) -> str:
    mount = f"{method}-{uuid.uuid4().hex[:8]}"
    write(ask, f"sys/auth/{mount}", {"type": method})
    return mount


def _make_accounts(cluster: Cluster, namespace: str) -> None:
    for account in ("reviewer", ACCOUNT):
        cluster.kubectl("create", "serviceaccount", account, "-n", namespace)
    cluster.kubectl(
        "create",
        "clusterrolebinding",
        namespace,
        "--clusterrole=system:auth-delegator",
        f"--serviceaccount={namespace}:reviewer",
    )


def _write(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content)
    return path
