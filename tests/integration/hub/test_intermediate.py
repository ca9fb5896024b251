"""The intermediate that istiod gets with its own token, and what its token is no good for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from testbed import Vault
from tests.integration.hub.istiod import Account, ask_as_istiod
from tests.integration.hub.names import GUIDE_NAMES, Names
from tests.integration.hub.pki import load_key, make_request, sign_leaf, verify_with_openssl
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.root import Root
from tests.integration.hub.signing import PINNED, build_sign_path
from tests.integration.vault_calls import FORBIDDEN, Ask, write

KEY = {"common_name": PINNED["common_name"], "key_type": "ec", "key_bits": "256"}
GENERATE = f"{GUIDE_NAMES.intermediate_mount}/intermediate/generate/exported"


@pytest.fixture(scope="module")
def ask(guide_policy: Policy, vault: Vault, istiod: Account) -> Ask:
    """Asks with the token of one login."""
    return ask_as_istiod(vault, istiod)


@pytest.fixture
def sign_path(guide_policy: Policy) -> str:
    return build_sign_path(guide_policy)


def sign(ask: Ask, path: str, csr: str) -> x509.Certificate:
    signed = write(ask, path, {"csr": csr, **PINNED})
    return x509.load_pem_x509_certificate(signed["certificate"].encode())


def check_intermediate(found: x509.Certificate, root: Root) -> None:
    certificate = x509.load_pem_x509_certificate(root.certificate.read_bytes())
    found.verify_directly_issued_by(certificate)
    # istiod is written in Go, which compares names byte by byte.
    assert found.issuer.public_bytes() == certificate.subject.public_bytes()
    constraints = found.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(ca=True, path_length=0)
    usage = found.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.key_cert_sign
    assert found.subject.rfc4514_string() == f"CN={PINNED['common_name']}"
    assert (found.not_valid_after_utc - found.not_valid_before_utc).days == 32


def test_vault_makes_key_and_intermediate(
    ask: Ask, sign_path: str, root: Root, tmp_path: Path
) -> None:
    made = write(ask, GENERATE, KEY)
    intermediate = sign(ask, sign_path, made["csr"])
    check_intermediate(intermediate, root)
    leaf = sign_leaf(intermediate, load_key(made["private_key"]))
    answer = verify_with_openssl(leaf, intermediate, root=root.certificate, folder=tmp_path)
    assert answer == "leaf.pem: OK\n"


@pytest.mark.usefixtures("operator")
def test_without_csr_path_the_agents_own_request_is_signed(
    make_policy: MakePolicy,
    names: Names,
    vault: Vault,
    own_istiod: Account,
    root: Root,
    tmp_path: Path,
) -> None:
    policy = make_policy(names, {"spec.config.agentCa.vault.csrPath": None})
    policy.wait_until_ready()
    assert not any("KeyGeneratedInVault" in text for text in policy.read_status()["warnings"])
    ask = ask_as_istiod(vault, own_istiod, names)
    request = make_request()
    intermediate = sign(ask, build_sign_path(policy), request.csr)
    check_intermediate(intermediate, root)
    assert intermediate.public_key() == request.key.public_key()
    leaf = sign_leaf(intermediate, request.key)
    answer = verify_with_openssl(leaf, intermediate, root=root.certificate, folder=tmp_path)
    assert answer == "leaf.pem: OK\n"
    assert ask("POST", GENERATE, KEY).status_code == FORBIDDEN


@pytest.mark.parametrize(
    "change",
    [
        {"max_path_length": "1"},
        {"common_name": "Example"},
        {"common_name": "roottrust istiod CA cluster2"},
        {"ttl": "87600h"},
        {"use_csr_values": True},
        {"issuer_ref": "default"},
    ],
)
def test_other_intermediates_are_denied(ask: Ask, sign_path: str, change: dict[str, Any]) -> None:
    body = {"csr": make_request().csr, **PINNED}
    assert ask("POST", sign_path, body).ok
    assert ask("POST", sign_path, {**body, **change}).status_code == FORBIDDEN


@pytest.fixture(scope="module")
def second_cluster(admin: Ask) -> None:
    """What another cluster's policy would have made."""
    write(admin, "sys/mounts/pki_int_cluster2", {"type": "pki"})
    write(admin, "sys/auth/kube-cluster2-mesh-auth", {"type": "kubernetes"})
    policy = {"policy": 'path "pki/cert/ca" { capabilities = ["read"] }'}
    write(admin, "sys/policies/acl/gen-int-ca-istio-cluster2-mesh", policy)


@pytest.mark.usefixtures("second_cluster")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "pki_int_cluster2/intermediate/generate/exported"),
        ("LIST", "pki_int_cluster2/keys"),
        ("GET", "sys/policies/acl/gen-int-ca-istio-cluster1-mesh"),
        ("GET", "sys/policies/acl/gen-int-ca-istio-cluster2-mesh"),
        ("POST", "sys/policies/acl/gen-int-ca-istio-cluster1-mesh"),
        ("GET", "auth/kube-cluster1-mesh-auth/role/gen-int-ca-istio-cluster1-mesh"),
        ("GET", "auth/kube-cluster2-mesh-auth/role/gen-int-ca-istio-cluster2-mesh"),
        ("POST", "auth/kube-cluster2-mesh-auth/role/gen-int-ca-istio-cluster2-mesh"),
        ("GET", "auth/kube-cluster1-mesh-auth/config"),
        ("POST", "pki/root/sign-intermediate"),
        ("POST", "pki/issuer/default/sign-intermediate"),
        ("POST", "pki/root/sign-self-issued"),
        ("POST", "pki/root/generate/internal"),
        ("POST", "pki/config/ca"),
        ("DELETE", "pki/root"),
        ("LIST", "pki_int_cluster1/keys"),
        ("GET", "sys/mounts"),
        ("GET", "sys/auth"),
        ("POST", "sys/seal"),
        ("POST", "auth/token/create"),
    ],
)
def test_other_paths_are_denied(ask: Ask, method: str, path: str) -> None:
    body = {"csr": make_request().csr, **PINNED} if method == "POST" else None
    assert ask(method, path, body).status_code == FORBIDDEN
