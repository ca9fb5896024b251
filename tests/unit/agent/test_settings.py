from __future__ import annotations

from pathlib import Path

import pytest

from roottrust.agent.settings import Address, AgentSettingsError, read_settings

# What the guide's patch and the kubelet set.
GUIDE = {
    "PILOT_CERT_PROVIDER": "istiod",
    "POD_NAME": "istiod-6d4cf7b5f9-x7k2p",
    "POD_NAMESPACE": "istio-system",
    "SERVICE_ACCOUNT": "istiod-service-account",
    "KUBERNETES_SERVICE_HOST": "10.96.0.1",
    "KUBERNETES_SERVICE_PORT": "443",
}


def test_environment_of_the_guide_is_enough() -> None:
    settings = read_settings(GUIDE)
    assert settings.ca_folder == Path("/etc/cacerts")
    assert settings.api.server == "https://10.96.0.1:443"
    assert settings.istiod == Address(host="localhost", port=15012)
    assert settings.istiod_name == "istiod.istio-system.svc"
    assert (settings.port, settings.log_form) == (9443, None)


def test_token_of_the_pod_is_taken_where_none_is_projected(tmp_path: Path) -> None:
    settings = read_settings({**GUIDE, "ROOTTRUST_SERVICE_ACCOUNT_DIR": str(tmp_path)})
    assert settings.find_vault_token() == tmp_path / "token"
    given = {**GUIDE, "ROOTTRUST_VAULT_TOKEN_PATH": "/run/jwt"}
    assert read_settings(given).find_vault_token() == Path("/run/jwt")


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("istiod:1", "istiod", 1),
        ("[::1]:15012", "::1", 15012),
        ("10.0.0.1:65535", "10.0.0.1", 65535),
    ],
)
def test_address_of_istiod(text: str, host: str, port: int) -> None:
    settings = read_settings({**GUIDE, "ROOTTRUST_ISTIOD_ADDRESS": text})
    assert settings.istiod == Address(host=host, port=port)


def test_variable_that_a_service_made_is_not_taken_for_ours() -> None:
    settings = read_settings({**GUIDE, "ROOTTRUST_AGENT_PORT": "tcp://10.96.7.7:9443"})
    assert settings.port == 9443


def test_address_of_an_ipv6_cluster_has_brackets() -> None:
    assert read_settings({**GUIDE, "KUBERNETES_SERVICE_HOST": "fd00::1"}).api.server == (
        "https://[fd00::1]:443"
    )


@pytest.mark.parametrize(
    ("variable", "text", "why"),
    [
        ("POD_NAME", "", "POD_NAME: is required: set it by fieldRef from metadata.name"),
        ("POD_NAME", "Istiod", "is no name in Kubernetes"),
        ("POD_NAMESPACE", "a/b", "is no name in Kubernetes"),
        ("PILOT_CERT_PROVIDER", "kubernetes", "must be istiod"),
        ("KUBERNETES_SERVICE_HOST", "", "in a pod"),
        ("ROOTTRUST_CA_DIR", "cacerts", "not absolute"),
        ("ROOTTRUST_VAULT_TOKEN_PATH", "token", "not absolute"),
        ("ROOTTRUST_AGENT_PORT", "0", "1 to 65535"),
        ("ROOTTRUST_AGENT_PORT", "9443/tcp", "1 to 65535"),
        ("ROOTTRUST_ISTIOD_ADDRESS", "localhost", "HOST:PORT, such as localhost:15012"),
        ("ROOTTRUST_ISTIOD_ADDRESS", "localhost:99999", "HOST:PORT"),
        ("ROOTTRUST_LOG_FORMAT", "text", "one of json, console"),
        ("ROOTTRUST_LOG_LEVEL", "TRACE", "one of DEBUG"),
    ],
)
def test_fault_is_told_by_its_variable(variable: str, text: str, why: str) -> None:
    with pytest.raises(AgentSettingsError) as caught:
        read_settings({**GUIDE, variable: text})
    (line,) = caught.value.lines
    assert line.startswith(f"{variable}: ")
    assert why in line


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(AgentSettingsError) as caught:
        read_settings({})
    assert [line.split(":")[0] for line in caught.value.lines] == [
        "POD_NAME",
        "POD_NAMESPACE",
        "KUBERNETES_SERVICE_HOST",
    ]
