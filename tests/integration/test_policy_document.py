"""The agents' Vault policy on a real Vault: what an agent needs works, each deviation is denied."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from roottrust.domain.certificate import parse_certificate
from roottrust.domain.names import build_intermediate_common_name
from roottrust.domain.policy_document import AgentRights, render_policy
from testbed import Vault
from tests.integration.vault_calls import FORBIDDEN, Ask, build_ask


@dataclass(frozen=True)
class Bench:
    """A root with a second issuer beside it, an intermediate mount, and who may use them."""

    root: str
    intermediate: str
    issuer: str
    other_issuer: str
    rights: AgentRights
    admin: Ask
    agent: Ask

    @property
    def sign_path(self) -> str:
        return f"{self.root}/issuer/{self.issuer}/sign-intermediate"

    @property
    def generate_path(self) -> str:
        return f"{self.intermediate}/intermediate/generate/exported"


def build_csr() -> str:
    """Return a request that asks for more than it may get."""
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Root A")]))
        .add_extension(x509.BasicConstraints(ca=True, path_length=5), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("evil.example")]), critical=False)
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
        .decode()
    )


def log_in(vault: Vault, admin: Ask, *, name: str, rights: AgentRights) -> Ask:
    """Return an agent whose token has nothing but the rendered policy."""
    admin("PUT", f"sys/policies/acl/{name}", {"policy": render_policy(rights)}).raise_for_status()
    wanted = {"policies": [name], "no_default_policy": True, "no_parent": True, "ttl": "5m"}
    answer = admin("POST", "auth/token/create", wanted)
    return build_ask(vault, answer.json()["auth"]["client_token"])


def make_root(admin: Ask, mount: str, *, name: str) -> str:
    wanted = {"common_name": name, "issuer_name": name, "key_type": "ec", "ttl": "87600h"}
    answer = admin("POST", f"{mount}/root/generate/internal", wanted)
    answer.raise_for_status()
    return str(answer.json()["data"]["issuer_id"])


@pytest.fixture(scope="module")
def bench(vault: Vault) -> Iterator[Bench]:
    admin = build_ask(vault, vault.root_token)
    name = f"test-{uuid.uuid4().hex[:8]}"
    root, intermediate = f"{name}/pki", f"{name}/pki_int"
    for mount in (root, intermediate):
        wanted = {"type": "pki", "config": {"max_lease_ttl": "87600h"}}
        admin("POST", f"sys/mounts/{mount}", wanted).raise_for_status()
    issuer = make_root(admin, root, name="a")
    rights = AgentRights(
        mark="roottrust hub=test",
        root_mount=root,
        issuer_id=issuer,
        common_name=build_intermediate_common_name("cluster1"),
        ttl="8760h",
        unnamed_ca_path=None,
        intermediate_mount=intermediate,
        organization="Müller & Co",
        key_type="ec",
        key_bits=256,
    )
    yield Bench(
        root=root,
        intermediate=intermediate,
        issuer=issuer,
        other_issuer=make_root(admin, root, name="b"),
        rights=rights,
        admin=admin,
        agent=log_in(vault, admin, name=name, rights=rights),
    )
    for mount in (root, intermediate):
        admin("DELETE", f"sys/mounts/{mount}")
    admin("DELETE", f"sys/policies/acl/{name}")


@pytest.fixture(scope="module")
def request_body(bench: Bench) -> dict[str, Any]:
    return {
        "csr": build_csr(),
        "common_name": bench.rights.common_name,
        "max_path_length": "0",
        "ttl": bench.rights.ttl,
    }


def test_agent_gets_what_is_pinned_whatever_its_csr_says(
    bench: Bench, request_body: dict[str, Any]
) -> None:
    optional = {"organization": "Müller & Co", "format": "pem_bundle", "exclude_cn_from_sans": True}
    answer = bench.agent("POST", bench.sign_path, {**request_body, **optional})
    assert answer.status_code == 200, answer.text
    pem = answer.json()["data"]["certificate"].split("-----END CERTIFICATE-----")[0]
    found = parse_certificate(pem + "-----END CERTIFICATE-----")
    assert found.subject == "CN=roottrust istiod CA cluster1,O=Müller & Co"
    assert (found.issuer, found.is_ca, found.path_length) == ("CN=a", True, 0)
    assert 364 < (found.not_after - found.not_before).total_seconds() / 86400 < 366
    with pytest.raises(x509.ExtensionNotFound):
        x509.load_pem_x509_certificate(found.pem.encode()).extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )


def test_least_request_is_enough(bench: Bench, request_body: dict[str, Any]) -> None:
    assert bench.agent("POST", bench.sign_path, request_body).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"max_path_length": "1"},
        {"max_path_length": "-1"},
        {"max_path_length": 0},
        {"max_path_length": ["0"]},
        {"max_path_length": None},
        {"MAX_PATH_LENGTH": "5"},
        {"common_name": "Root A"},
        {"common_name": build_intermediate_common_name("cluster2")},
        {"common_name": "ROOTTRUST ISTIOD CA CLUSTER1"},
        {"ttl": "8761h"},
        {"ttl": "1h"},
        {"ttl": 31536000},
        {"ttl": ""},
        {"organization": "Other"},
        {"organization": ["Müller & Co", "Other"]},
        {"exclude_cn_from_sans": False},
        {"format": "der"},
        {"use_csr_values": True},
        {"use_csr_values": False},
        {"issuer_ref": "b"},
        {"not_after": "2099-01-01T00:00:00Z"},
        {"alt_names": "evil.example"},
        {"uri_sans": "spiffe://cluster.local/ns/x/sa/y"},
        {"ou": "x"},
        {"permitted_dns_domains": "example"},
        {"unknown": "x"},
    ],
)
def test_deviation_is_denied(
    bench: Bench, request_body: dict[str, Any], change: dict[str, Any]
) -> None:
    answer = bench.agent("POST", bench.sign_path, {**request_body, **change})
    assert answer.status_code == FORBIDDEN, answer.text


@pytest.mark.parametrize("name", ["csr", "common_name", "max_path_length", "ttl"])
def test_missing_parameter_is_denied(bench: Bench, request_body: dict[str, Any], name: str) -> None:
    rest = {key: value for key, value in request_body.items() if key != name}
    assert bench.agent("POST", bench.sign_path, rest).status_code == FORBIDDEN
    # In capitals it is another parameter, which Vault would not heed.
    capitals = {**rest, name.upper(): request_body[name]}
    assert bench.agent("POST", bench.sign_path, capitals).status_code == FORBIDDEN


def test_parameters_in_the_address_do_not_count(bench: Bench, request_body: dict[str, Any]) -> None:
    query = "?max_path_length=5&ttl=87000h&use_csr_values=true&common_name=Root"
    answer = bench.agent("POST", bench.sign_path + query, request_body)
    assert answer.status_code == 200
    found = parse_certificate(answer.json()["data"]["certificate"])
    assert (found.subject, found.path_length) == ("CN=roottrust istiod CA cluster1", 0)


@pytest.mark.parametrize(
    "path",
    [
        "{root}/root/sign-intermediate",
        "{root}/issuer/a/sign-intermediate",
        "{root}/issuer/default/sign-intermediate",
        "{root}/issuer/{other}/sign-intermediate",
        "{root}/issuer/{issuer}/sign-self-issued",
        "{root}/issuer/{issuer}/sign-verbatim",
        "{root}/root/generate/internal",
        "{intermediate}/root/sign-intermediate",
        "{intermediate}/intermediate/generate/internal",
        "{intermediate}/intermediate/set-signed",
        "sys/policies/acl/agent",
        "auth/token/create",
    ],
)
def test_other_paths_are_denied(bench: Bench, request_body: dict[str, Any], path: str) -> None:
    names = {
        "root": bench.root,
        "intermediate": bench.intermediate,
        "issuer": bench.issuer,
        "other": bench.other_issuer,
    }
    answer = bench.agent("POST", path.format(**names), request_body)
    assert answer.status_code == FORBIDDEN, answer.text


@pytest.mark.parametrize("path", ["sys/policies/acl/x", "sys/mounts", "auth/token/lookup-self"])
def test_reading_anything_else_is_denied(bench: Bench, path: str) -> None:
    assert bench.agent("GET", path).status_code == FORBIDDEN


def test_agent_reads_the_root(bench: Bench) -> None:
    answer = bench.agent("GET", f"{bench.root}/issuer/{bench.issuer}/json")
    assert parse_certificate(answer.json()["data"]["certificate"]).is_self_signed


def test_vault_makes_the_key_that_is_pinned(bench: Bench) -> None:
    wanted = {
        "common_name": bench.rights.common_name,
        "key_type": "ec",
        "key_bits": "256",
        "organization": "Müller & Co",
    }
    answer = bench.agent("POST", bench.generate_path, wanted)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["private_key"].startswith("-----BEGIN EC PRIVATE KEY-----")
    for change in ({"key_bits": "224"}, {"key_type": "rsa"}, {"common_name": "x"}, {"ou": "x"}):
        assert bench.agent("POST", bench.generate_path, wanted | change).status_code == FORBIDDEN
    for name in ("common_name", "key_type", "key_bits"):
        rest = {key: value for key, value in wanted.items() if key != name}
        assert bench.agent("POST", bench.generate_path, rest).status_code == FORBIDDEN
    assert bench.agent("LIST", f"{bench.intermediate}/keys").status_code == FORBIDDEN


def test_unnamed_issuer_is_pinned_the_same_way(
    bench: Bench, vault: Vault, request_body: dict[str, Any]
) -> None:
    path = f"{bench.root}/root/sign-intermediate"
    rights = replace(bench.rights, unnamed_ca_path=path)
    agent = log_in(vault, bench.admin, name="test-unnamed", rights=rights)
    assert agent("POST", path, request_body).status_code == 200
    longer = {**request_body, "max_path_length": "1"}
    assert agent("POST", path, longer).status_code == FORBIDDEN
    assert agent("POST", path, {**request_body, "issuer_ref": "b"}).status_code == FORBIDDEN
    assert agent("GET", f"{bench.root}/cert/ca").status_code == 200


def test_vault_keeps_the_document_as_it_is(bench: Bench, vault: Vault) -> None:
    log_in(vault, bench.admin, name="Test-Kept", rights=bench.rights)
    data = bench.admin("GET", "sys/policies/acl/test-kept").json()["data"]
    assert data["policy"].rstrip() == render_policy(bench.rights).rstrip()
    assert data["name"] == "test-kept"


def test_agent_revokes_its_own_token(bench: Bench, vault: Vault) -> None:
    agent = log_in(vault, bench.admin, name="test-revoke", rights=bench.rights)
    assert agent("POST", "auth/token/revoke-self").status_code == 204
    assert agent("POST", "auth/token/revoke-self").status_code == FORBIDDEN
