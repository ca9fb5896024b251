"""Teams that have a namespace of Vault each, below the one of the operator's login."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from roottrust.domain.bounds import Grant
from roottrust.domain.hub_rights.document import render_hcl
from roottrust.domain.hub_rights.rules import Purpose
from roottrust.domain.hub_rights.scope import read_scope
from testbed import Cluster, Vault
from tests.integration.hub.configuration import build_config
from tests.integration.hub.istiod import Account
from tests.integration.hub.names import GRANT, Names
from tests.integration.hub.policy import Policy
from tests.integration.hub.root import Root, make_root
from tests.integration.vault_calls import Ask, build_ask, in_namespace, write
from tests.integration.vault_logins import NAME, build_approle_setting, prepare_approle

NAMESPACE_FIELD = "spec.config.agentCa.vault.namespace"


@dataclass(frozen=True, kw_only=True)
class Team:
    """A namespace of Kubernetes for its policies, and the one of Vault that is granted to it."""

    kubernetes: str
    vault: str

    def build_grant(self) -> dict[str, Any]:
        """Return the grant for this team: the names of all teams are the same."""
        return {**GRANT, "policyNamespaces": [self.kubernetes], "vaultNamespaces": [self.vault]}

    def apply_policy(
        self, cluster: Cluster, names: Names, changes: dict[str, Any] | None = None
    ) -> Policy:
        """Apply a policy of the team for its own namespace of Vault."""
        policy = Policy(cluster=cluster, namespace=self.kubernetes, name="mine")
        policy.apply({**names.build_changes(), NAMESPACE_FIELD: self.vault, **(changes or {})})
        return policy

    def log_in(self, vault: Vault, account: Account, names: Names) -> requests.Response:
        """Return Vault's answer to a login of istiod in the team's namespace."""
        nobody = in_namespace(build_ask(vault, ""), self.vault)
        body = {"role": names.role, "jwt": account.make_token()}
        return nobody("POST", f"auth/{names.auth_mount}/login", body)


def build_rights_below(namespaces: Iterable[str]) -> str:
    """Return what `roottrust vault-policy` prints for grants of namespaces below the login's."""
    grant = Grant(policy_namespaces=("*",), vault_namespaces=tuple(namespaces))
    return render_hcl(Purpose.MANAGE, read_scope([grant]))


def prepare_login(admin: Ask, folder: Path, *, rights: str) -> dict[str, Any]:
    """Return the operator's login at the top of Vault, with these rights alone."""
    folder.mkdir()
    policy = f"{NAME}-{folder.name}"
    write(admin, f"sys/policies/acl/{policy}", {"policy": rights})
    token = {"token_policies": [policy], "token_no_default_policy": True, "token_ttl": "1h"}
    return build_approle_setting(prepare_approle(admin, folder, token))


def build_team_config(
    vault: Vault, login: dict[str, Any], grants: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the operator's configuration with these grants alone."""
    config = build_config(vault, login)
    return {**config, "vaultServers": [{**config["vaultServers"][0], "grants": grants}]}


def make_root_in(admin: Ask, namespace: str, folder: Path) -> Root:
    """Make a root of its own for a namespace of Vault, and put it there."""
    folder.mkdir()
    root = make_root(folder)
    root.import_into(in_namespace(admin, namespace))
    return root
