from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from roottrust.runtime.settings import OperatorSettings
from roottrust.runtime.settings_file import SettingsError, load_settings
from roottrust.runtime.settings_section import find_model

MINIMAL: dict[str, Any] = {
    "cluster": {"name": "cluster1"},
    "vaultServers": [
        {"address": "https://vault.example:8200/", "login": {"tokenFile": {"path": "/token"}}}
    ],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def load(path: Path, **changes: Any) -> OperatorSettings:
    path.write_text(yaml.safe_dump({**MINIMAL, **changes}))
    return load_settings(path)


def load_faults(path: Path, **changes: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(path, **changes)
    return [line.removeprefix(f"{path}: ") for line in caught.value.lines]


def test_defaults(path: Path) -> None:
    settings = load(path)
    server = settings.vault_servers[0]
    assert settings.hub_name == "cluster1"
    assert settings.namespace == "gloo-mesh"
    assert settings.roles == ("hub", "cluster")
    assert server.address == server.endpoint == "https://vault.example:8200"
    (grant,) = server.grants
    assert grant.policy_namespaces == ("gloo-mesh",)
    assert grant.auth_mounts == ("kube-${cluster}-mesh-auth",)


@pytest.mark.parametrize(
    ("own", "granted", "is_taken"),
    [
        ("", "team-a", True),
        ("ops", "ops/*", True),
        ("ops", "ops", True),
        ("ops", "team-a", False),
        ("ops", "opsx/a", False),
    ],
)
def test_vault_namespaces_that_are_granted_can_be_reached(
    path: Path, own: str, granted: str, is_taken: bool
) -> None:
    grant = {"policyNamespaces": ["x"], "vaultNamespaces": [granted]}
    server = {**MINIMAL["vaultServers"][0], "namespace": own, "grants": [grant]}
    if is_taken:
        load(path, vaultServers=[server])
    else:
        assert "cannot reach" in load_faults(path, vaultServers=[server])[0]


def test_namespace_of_the_pod_is_ours(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POD_NAMESPACE", "ops")
    settings = load(path)
    assert settings.namespace == "ops"
    assert settings.vault_servers[0].grants[0].policy_namespaces == ("ops",)


def test_environment_wins_over_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOTTRUST_HTTP__PORT", "9090")
    monkeypatch.setenv("ROOTTRUST_CLUSTER__KUBERNETES_CA_FILE", "/ca.pem")
    monkeypatch.setenv("ROOTTRUST_ROLES", "[hub]")
    monkeypatch.setenv("ROOTTRUST_WORKERS", "3")
    settings = load(path, workers=5, http={"host": "127.0.0.1", "port": 1})
    assert (settings.http.host, settings.http.port) == ("127.0.0.1", 9090)
    assert settings.cluster.name == "cluster1"
    assert settings.cluster.kubernetes_ca_file == Path("/ca.pem")
    assert settings.roles == ("hub",)
    assert settings.workers == 3


def test_file_is_found_by_variable(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(yaml.safe_dump(MINIMAL))
    monkeypatch.setenv("ROOTTRUST_CONFIG", str(path))
    assert load_settings().cluster.name == "cluster1"


@pytest.mark.parametrize(
    "variable",
    [
        "ROOTTRUST_SERVICE_HOST",
        "ROOTTRUST_SERVICE_PORT_HTTP",
        "ROOTTRUST_PORT",
        "ROOTTRUST_PORT_8080_TCP_ADDR",
        "ROOTTRUST_HUB_SERVICE_HOST",
    ],
)
def test_variables_of_services_are_ignored(
    path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "tcp://10.0.0.1:8080")
    load(path)


def test_unknown_variable_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOTTRUST_CLUSTER__NAM", "x")
    assert load_faults(path) == ["unknown key 'cluster.ROOTTRUST_CLUSTER__NAM'"]


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"wrokers": 3}, ["unknown key 'wrokers'"]),
        ({"http": {"prot": 1}}, ["unknown key 'http.prot'"]),
        ({"cluster": {}}, ["cluster.name: is required"]),
        ({"roles": []}, ["roles: "]),
        ({"roles": ["hubb"]}, ["roles.0: "]),
        ({"workers": 0}, ["workers: "]),
        ({"hubName": "Not_A_Label"}, ["hubName: "]),
        ({"vaultServers": []}, ["configuration: the role hub needs at least one"]),
        ({"vaultServers": "x"}, ["vaultServers: "]),
    ],
)
def test_faults_name_their_key(path: Path, changes: dict[str, Any], faults: list[str]) -> None:
    found = load_faults(path, **changes)
    assert len(found) == len(faults)
    for line, start in zip(found, faults, strict=True):
        assert line.startswith(start)


def test_cluster_role_needs_no_vault(path: Path) -> None:
    assert load(path, roles=["cluster"], vaultServers=[]).vault_servers == ()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"address": "vault:8200"}, "vaultServers.0.address: "),
        ({"address": "https://user:pw@vault:8200"}, "vaultServers.0.address: "),
        ({"login": {}}, "vaultServers.0.login: set exactly one of"),
        (
            {"login": {"tokenFile": {"path": "/x"}, "kubernetes": {}}},
            "vaultServers.0.login: set exactly one of",
        ),
    ],
)
def test_server_faults(path: Path, change: dict[str, Any], fault: str) -> None:
    server = {**MINIMAL["vaultServers"][0], **change}
    found = load_faults(path, vaultServers=[server])
    assert any(line.startswith(fault) for line in found), found


def test_same_address_twice_is_refused(path: Path) -> None:
    server = MINIMAL["vaultServers"][0]
    other = {**server, "address": "https://vault.example:8200"}
    (fault,) = load_faults(path, vaultServers=[server, other])
    assert fault == "vaultServers: two servers have the same address"


def test_values_are_not_shown(path: Path) -> None:
    secret = "hvs.AAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    assert secret not in "".join(load_faults(path, workers=secret))


@pytest.mark.parametrize("content", ["a: [", "- a", "1: 2", "text"])
def test_file_that_is_no_configuration(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(SettingsError, match=str(path)):
        load_settings(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "none.yaml")


def _collect_models(model: type[BaseModel], found: set[type[BaseModel]]) -> set[type[BaseModel]]:
    found.add(model)
    for field in model.model_fields.values():
        inner = find_model(field.annotation)
        if inner is not None and inner not in found:
            _collect_models(inner, found)
    return found


def test_every_field_has_a_description() -> None:
    models = _collect_models(OperatorSettings, set())
    assert len(models) >= 7
    missing = [
        f"{model.__name__}.{name}"
        for model in models
        for name, field in model.model_fields.items()
        if not field.description
    ]
    assert missing == []


def test_policies_of_workload_clusters_have_the_guides_names_in_the_operators_namespace(
    path: Path,
) -> None:
    assert not load(path).remote_policies
    (server,) = load(path, namespace="ops").vault_servers
    (grant,) = (each.build_grant() for each in server.remote_grants)
    assert grant.policy_namespaces == ("ops",)
    assert grant.auth_mounts == ("kube-${cluster}-mesh-auth",)
    assert grant.intermediate_mounts == ("pki_int_${cluster}",)
    assert grant.roles == ("gen-int-ca-istio-${cluster}-mesh",)


@pytest.mark.parametrize("field", ["authMounts", "intermediateMounts", "roles"])
def test_no_other_names_can_be_granted_to_them(path: Path, field: str) -> None:
    grant = {"policyNamespaces": ["ops"], field: ["any-*"]}
    server = {**MINIMAL["vaultServers"][0], "remoteGrants": [grant]}
    assert field in load_faults(path, vaultServers=[server])[0]
