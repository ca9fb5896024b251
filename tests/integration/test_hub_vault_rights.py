"""deploy/vault/roottrust-hub.hcl on a real Vault: every call of the hub works, and no other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from testbed import Vault
from tests.integration.hub.pki import make_request
from tests.integration.vault_calls import FORBIDDEN, Ask, build_ask

POLICY = Path(__file__).parents[2] / "deploy/vault/roottrust-hub.hcl"
REMOVAL = POLICY.with_name("roottrust-hub-delete.hcl")
REVOCATION = POLICY.with_name("roottrust-hub-revoke.hcl")
ROOT = {"common_name": "Root", "issuer_name": "r1", "key_type": "ec", "ttl": "87600h"}
AUTH = "sys/auth/kube-cluster1-mesh-auth"
LOGIN = "auth/kube-cluster1-mesh-auth"
AGENTS = "sys/policies/acl/gen-int-ca-istio-cluster1-mesh"


@pytest.fixture
def admin(empty_vault: Vault) -> Ask:
    return build_ask(empty_vault, empty_vault.root_token)


@pytest.fixture
def hub(empty_vault: Vault, admin: Ask) -> Ask:
    admin("PUT", "sys/policies/acl/roottrust-hub", {"policy": POLICY.read_text()})
    wanted = {"policies": ["roottrust-hub"], "no_default_policy": True, "no_parent": True}
    answer = admin("POST", "auth/token/create", wanted)
    return build_ask(empty_vault, answer.json()["auth"]["client_token"])


def test_hub_sets_everything_up(hub: Ask, vault: Vault) -> None:
    config = {
        "kubernetes_host": "https://10.0.0.1:6443",
        "kubernetes_ca_cert": vault.ca_file.read_text(),
        "disable_local_ca_jwt": True,
    }
    role = {
        "bound_service_account_names": ["istiod-service-account"],
        "bound_service_account_namespaces": ["istio-system"],
        "token_policies": ["gen-int-ca-istio-cluster1-mesh"],
    }
    calls: list[tuple[str, str, Mapping[str, Any] | None]] = [
        ("GET", "sys/mounts", None),
        ("GET", "sys/auth", None),
        ("POST", "sys/mounts/pki", {"type": "pki", "config": {"max_lease_ttl": "87600h"}}),
        ("POST", "sys/mounts/pki/tune", {"description": "roottrust"}),
        ("GET", "sys/mounts/pki/tune", None),
        ("POST", "pki/root/generate/internal", ROOT),
        ("GET", "pki/config/issuers", None),
        ("LIST", "pki/issuers", None),
        ("GET", "pki/issuer/default", None),
        ("GET", "pki/issuer/r1", None),
        ("POST", "pki/key/default", {"key_name": "r1"}),
        ("POST", "pki/config/issuers", {"default": "r1"}),
        ("POST", "sys/mounts/pki_int_cluster1", {"type": "pki"}),
        ("POST", "sys/mounts/pki_int_cluster1/tune", {"max_lease_ttl": "8760h"}),
        ("POST", AUTH, {"type": "kubernetes"}),
        ("POST", f"{AUTH}/tune", {"description": "roottrust"}),
        ("POST", f"sys/mounts/{LOGIN}/tune", {"description": "roottrust"}),
        ("POST", f"{LOGIN}/config", config),
        ("GET", f"{LOGIN}/config", None),
        ("PUT", AGENTS, {"policy": 'path "pki/cert/ca" { capabilities = ["read"] }'}),
        ("GET", AGENTS, None),
        ("POST", f"{LOGIN}/role/gen-int-ca-istio-cluster1-mesh", role),
        ("GET", f"{LOGIN}/role/gen-int-ca-istio-cluster1-mesh", None),
        ("LIST", f"{LOGIN}/role", None),
        ("GET", "auth/token/lookup-self", None),
        ("POST", "auth/token/renew-self", None),
        ("POST", "auth/token/revoke-self", None),
    ]
    answers = [(path, hub(method, path, body)) for method, path, body in calls]
    assert [(path, answer.text) for path, answer in answers if not answer.ok] == []


def test_hub_has_one_root_sign_another_and_retires_it(hub: Ask, admin: Ask) -> None:
    admin("POST", "sys/mounts/pki", {"type": "pki", "config": {"max_lease_ttl": "87600h"}})
    admin("POST", "pki/root/generate/internal", ROOT)
    wanted = {**ROOT, "common_name": "Next", "issuer_name": "r2"}
    made = hub("POST", "pki/root/generate/internal", wanted).json()["data"]
    answer = hub("POST", "pki/issuer/r1/sign-self-issued", {"certificate": made["certificate"]})
    assert answer.ok, answer.text
    answer = hub("POST", "pki/config/issuers", {"default": "r2"})
    assert answer.ok, answer.text


def test_hub_looks_through_what_a_root_has_signed(hub: Ask, admin: Ask) -> None:
    admin("POST", "sys/mounts/pki", {"type": "pki", "config": {"max_lease_ttl": "87600h"}})
    admin("POST", "pki/root/generate/internal", ROOT)
    csr = {"csr": make_request().csr, "common_name": "stranger"}
    serial = admin("POST", "pki/root/sign-intermediate", csr).json()["data"]["serial_number"]
    listed = hub("LIST", "pki/certs").json()["data"]["keys"]
    assert serial in listed
    for each in listed:
        answer = hub("GET", f"pki/cert/{each}")
        assert answer.ok, answer.text
        assert answer.json()["data"]["revocation_time"] == 0
    assert admin("POST", "pki/revoke", {"serial_number": serial}).ok
    assert hub("GET", f"pki/cert/{serial}").json()["data"]["revocation_time"] > 0


def test_hub_sets_up_an_auth_mount_of_the_type_jwt(hub: Ask) -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    role = {
        "role_type": "jwt",
        "user_claim": "sub",
        "bound_audiences": ["vault-cluster1"],
        "token_policies": ["gen-int-ca-istio-cluster1-mesh"],
    }
    calls: list[tuple[str, str, Mapping[str, Any] | None]] = [
        ("POST", AUTH, {"type": "jwt"}),
        ("POST", f"sys/mounts/{LOGIN}/tune", {"description": "roottrust"}),
        ("POST", f"{LOGIN}/config", {"jwt_validation_pubkeys": [pem]}),
        ("GET", f"{LOGIN}/config", None),
        ("POST", f"{LOGIN}/role/gen-int-ca-istio-cluster1-mesh", role),
        ("GET", f"{LOGIN}/role/gen-int-ca-istio-cluster1-mesh", None),
        ("LIST", f"{LOGIN}/role", None),
    ]
    answers = [(path, hub(method, path, body)) for method, path, body in calls]
    assert [(path, answer.text) for path, answer in answers if not answer.ok] == []


def test_hub_removes_keys_that_vault_made_for_agents(hub: Ask, admin: Ask) -> None:
    admin("POST", "sys/mounts/pki_int_cluster1", {"type": "pki"})
    admin("POST", "pki_int_cluster1/root/generate/internal", ROOT)
    wanted = {"common_name": "istiod", "key_type": "ec"}
    made = admin("POST", "pki_int_cluster1/intermediate/generate/exported", wanted).json()["data"]
    calls = [
        ("LIST", "pki_int_cluster1/keys"),
        ("LIST", "pki_int_cluster1/issuers"),
        ("GET", "pki_int_cluster1/issuer/r1"),
        ("DELETE", f"pki_int_cluster1/key/{made['key_id']}"),
    ]
    answers = [(path, hub(method, path)) for method, path in calls]
    assert [(path, answer.text) for path, answer in answers if not answer.ok] == []


@pytest.fixture
def revoking_hub(empty_vault: Vault, admin: Ask, hub: Ask) -> Ask:
    """A hub that may revoke as well."""
    admin("PUT", "sys/policies/acl/revoking", {"policy": REVOCATION.read_text()})
    wanted = {"policies": ["roottrust-hub", "revoking"], "no_default_policy": True}
    answer = admin("POST", "auth/token/create", {**wanted, "no_parent": True})
    return build_ask(empty_vault, answer.json()["auth"]["client_token"])


def test_hub_revokes_a_compromised_root_with_a_right_of_its_own(
    hub: Ask, admin: Ask, revoking_hub: Ask
) -> None:
    admin("POST", "sys/mounts/pki", {"type": "pki"})
    admin("POST", "pki/root/generate/internal", ROOT)
    assert hub("POST", "pki/issuer/r1/revoke").status_code == FORBIDDEN
    for path in ("pki/root", "pki/issuer/r1"):
        assert revoking_hub("DELETE", path).status_code == FORBIDDEN
    answer = revoking_hub("POST", "pki/issuer/r1/revoke")
    assert answer.ok, answer.text
    assert hub("GET", "pki/issuer/r1").json()["data"]["revoked"] is True
    assert not admin("POST", "pki/root/sign-intermediate", {"csr": make_request().csr}).ok


def test_hub_revokes_compromised_intermediates_with_a_right_of_its_own(
    hub: Ask, admin: Ask, revoking_hub: Ask
) -> None:
    for mount in ("pki", "pki_int_cluster1"):
        admin("POST", f"sys/mounts/{mount}", {"type": "pki"})
    admin("POST", "pki/root/generate/internal", ROOT)
    csr = {"csr": make_request().csr, "common_name": "leaked"}
    serial = admin("POST", "pki/root/sign-intermediate", csr).json()["data"]["serial_number"]
    body = {"serial_number": serial}
    assert hub("POST", "pki/revoke", body).status_code == FORBIDDEN
    for path in ("pki/revoke-with-key", "pki_int_cluster1/revoke"):
        assert revoking_hub("POST", path, body).status_code == FORBIDDEN
    for _ in range(2):
        answer = revoking_hub("POST", "pki/revoke", body)
        assert answer.ok, answer.text
    assert hub("GET", f"pki/cert/{serial}").json()["data"]["revocation_time"] > 0


@pytest.fixture
def removing_hub(empty_vault: Vault, admin: Ask, hub: Ask) -> Ask:
    """A hub that may remove as well."""
    rights = {"policy": REMOVAL.read_text()}
    admin("PUT", "sys/policies/acl/roottrust-hub-delete", rights)
    wanted = {"policies": ["roottrust-hub", "roottrust-hub-delete"], "no_default_policy": True}
    answer = admin("POST", "auth/token/create", {**wanted, "no_parent": True})
    return build_ask(empty_vault, answer.json()["auth"]["client_token"])


def test_hub_removes_what_it_made(removing_hub: Ask, admin: Ask) -> None:
    for mount in ("pki", "pki_int_cluster1"):
        admin("POST", f"sys/mounts/{mount}", {"type": "pki"})
    admin("POST", "pki_int_cluster1/root/generate/internal", ROOT)
    admin("POST", AUTH, {"type": "kubernetes"})
    calls = [
        ("LIST", "pki_int_cluster1/issuers"),
        ("GET", "pki_int_cluster1/issuer/r1"),
        ("DELETE", f"{LOGIN}/role/gen-int-ca-istio-cluster1-mesh"),
        ("DELETE", AGENTS),
        ("DELETE", AUTH),
        ("DELETE", "sys/mounts/pki_int_cluster1"),
        # What is gone already is no failure.
        ("DELETE", AUTH),
        ("DELETE", "sys/mounts/pki_int_cluster1"),
        ("DELETE", AGENTS),
    ]
    answers = [(path, removing_hub(method, path)) for method, path in calls]
    assert [(path, answer.text) for path, answer in answers if not answer.ok] == []


@pytest.mark.parametrize(
    "path",
    [
        "sys/mounts/pki",
        "sys/mounts/other",
        "pki/root",
        "pki/issuer/r1",
        "sys/auth/kubernetes",
        "auth/kubernetes/role/roottrust-hub",
        "sys/policies/acl/roottrust-hub",
    ],
)
def test_hub_is_denied_to_remove_what_is_not_its_own(
    removing_hub: Ask, admin: Ask, path: str
) -> None:
    for mount in ("pki", "other"):
        admin("POST", f"sys/mounts/{mount}", {"type": "pki"})
    admin("POST", "sys/auth/kubernetes", {"type": "kubernetes"})
    assert removing_hub("DELETE", path).status_code == FORBIDDEN


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "sys/mounts/other"),
        ("GET", "sys/mounts/pki"),
        ("GET", "sys/mounts/pki_int_cluster1/tune"),
        ("GET", AUTH),
        ("DELETE", "sys/mounts/pki"),
        ("DELETE", "sys/mounts/pki_int_cluster1"),
        ("POST", "sys/auth/admin"),
        ("DELETE", AUTH),
        ("POST", "sys/policies/acl/admins"),
        ("PUT", "sys/policies/acl/roottrust-hub"),
        ("GET", "sys/policies/acl/admins"),
        ("LIST", "sys/policies/acl"),
        ("POST", "pki/root/sign-intermediate"),
        ("POST", "pki/issuer/default/sign-intermediate"),
        ("POST", "pki/root/sign-self-issued"),
        ("POST", "pki/issuer/default/sign-verbatim"),
        ("POST", "pki/issuer/default/revoke"),
        ("POST", "pki/revoke"),
        ("LIST", "pki/certs/revoked"),
        ("POST", "pki_int_cluster1/issuer/default/sign-self-issued"),
        ("POST", "pki/root/generate/exported"),
        ("DELETE", "pki/root"),
        ("DELETE", "pki/issuer/default"),
        ("POST", "pki/config/ca"),
        ("GET", "pki/key/default"),
        ("DELETE", "pki/key/default"),
        ("POST", "pki/issuers/import/cert"),
        ("LIST", "pki/keys"),
        ("POST", "pki_int_cluster1/intermediate/generate/exported"),
        ("POST", "pki_int_cluster1/keys/generate/exported"),
        ("POST", "pki_int_cluster1/root/sign-intermediate"),
        ("DELETE", "pki/key/any"),
        ("POST", "auth/kubernetes/config"),
        ("POST", "auth/kubernetes/role/roottrust-hub"),
        ("DELETE", f"{LOGIN}/role/gen-int-ca-istio-cluster1-mesh"),
        ("POST", "auth/token/create"),
        ("GET", "secret/data/anything"),
        ("PUT", "sys/seal"),
    ],
)
def test_hub_is_denied(hub: Ask, admin: Ask, method: str, path: str) -> None:
    for mount in ("pki", "pki_int_cluster1"):
        admin("POST", f"sys/mounts/{mount}", {"type": "pki"})
    for mount in (AUTH, "sys/auth/kubernetes"):
        admin("POST", mount, {"type": "kubernetes"})
    assert hub(method, path, {}).status_code == FORBIDDEN
