"""The command line of `roottrust vault-policy`: which server, which grants, what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from roottrust.cli.main import main
from roottrust.cli.vault_policy.shipped import build_files

LOGIN = {"kubernetes": {"role": "hub", "mount": "k8s/hub"}}
SERVER = {"address": "https://vault.example:8200", "login": LOGIN}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def call(config: Path, content: dict[str, Any], *words: str) -> Result:
    config.write_text(yaml.safe_dump({"cluster": {"name": "c1"}, **content}))
    return CliRunner().invoke(main, ["vault-policy", "--config", str(config), *words])


def test_the_guide_s_names_have_the_policies_that_are_shipped(config: Path) -> None:
    shipped = build_files()
    for name, purpose in (("roottrust-hub", "manage"), ("roottrust-plan", "plan")):
        done = call(config, {"vaultServers": [SERVER]}, "--for", purpose)
        assert done.exit_code == 0, done.output
        assert shipped[f"{name}.hcl"].endswith(done.stdout)


def test_grants_of_workload_clusters_count_where_these_count(config: Path) -> None:
    remote = {"policyNamespaces": ["gloo-mesh"], "rootMounts": ["pki_remote"]}
    servers = [{**SERVER, "remoteGrants": [remote]}]
    assert "pki_remote" not in call(config, {"vaultServers": servers}).stdout
    counted = call(config, {"vaultServers": servers, "remotePolicies": True})
    assert 'path "pki_remote/issuer/+"' in counted.stdout
    assert 'path "pki/issuer/+"' in counted.stdout


def test_one_of_several_servers_is_named(config: Path) -> None:
    other = {**SERVER, "address": "https://other.example:8200", "namespace": "ops"}
    content = {"vaultServers": [SERVER, other]}
    done = call(config, content)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "--server: name one of https://vault.example:8200, https://other" in done.stderr
    done = call(config, content, "--server", "https://other.example:8200/", "-o", "terraform")
    assert '  namespace = "ops"\n' in done.stdout


def test_the_login_is_told_as_it_is_configured(config: Path) -> None:
    done = call(config, {"vaultServers": [SERVER], "namespace": "trust"}, "--login")
    assert "vault auth enable -path=k8s/hub kubernetes\n" in done.stdout
    assert "vault write auth/k8s/hub/role/hub audience=vault" in done.stdout
    assert "bound_service_account_namespaces=trust" in done.stdout
    assert "token_policies=roottrust-hub token_no_default_policy=true" in done.stdout


@pytest.mark.parametrize(
    ("login", "words"),
    [
        ({"appRole": {"roleId": "r", "secretIdFile": "/s"}}, "auth/approle/role/roottrust-hub"),
        ({"userpass": {"passwordFile": "/p"}}, "auth/userpass/users/roottrust-hub"),
        ({"tokenFile": {"path": "/t"}}, "the file /t of the pod"),
    ],
)
def test_other_logins_are_told_as_well(config: Path, login: dict[str, Any], words: str) -> None:
    done = call(config, {"vaultServers": [{**SERVER, "login": login}]}, "--login")
    assert done.exit_code == 0, done.output
    assert words in done.stdout


def test_both_files_of_an_approle_are_made_under_the_names_that_are_configured(
    config: Path,
) -> None:
    login = {"roleIdFile": "/vault-login/east-role-id", "secretIdFile": "/vault-login/east-secret"}
    server = {**SERVER, "login": {"appRole": login}}
    done = call(config, {"vaultServers": [server]}, "--login")
    assert "has at /vault-login/east-role-id:\nvault read -field=role_id auth/" in done.stdout
    assert "/role-id >east-role-id\n" in done.stdout
    assert "has at /vault-login/east-secret:\nvault write -force" in done.stdout
    assert "  >east-secret\n" in done.stdout


def test_what_cannot_be_used_or_said_is_told(config: Path) -> None:
    done = call(config, {"vaultServers": []})
    assert (done.exit_code, done.stdout) == (1, "")
    grant = {"policyNamespaces": ["x"], "rootMounts": ["pki_*"]}
    done = call(config, {"vaultServers": [{**SERVER, "grants": [grant]}]})
    assert (done.exit_code, done.stdout) == (1, "")
    assert "rootMounts grants pki_*" in done.stderr


def test_the_help_teaches(config: Path) -> None:
    done = CliRunner().invoke(main, ["vault-policy", "--help"])
    for word in ("vault policy write roottrust-hub -", "--cluster", "Exit codes:", "terraform"):
        assert word in done.output


@pytest.mark.parametrize("name", ["A_B", "a*"])
def test_a_name_that_no_cluster_can_have_is_refused(config: Path, name: str) -> None:
    done = call(config, {"vaultServers": [SERVER]}, "--cluster", name)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "is no DNS label" in done.stderr


def test_a_configuration_that_is_nowhere_is_told_with_how_it_is_named() -> None:
    done = CliRunner().invoke(main, ["vault-policy"])
    assert done.exit_code == 1
    assert "name one by --config, or by ROOTTRUST_CONFIG" in done.stderr
