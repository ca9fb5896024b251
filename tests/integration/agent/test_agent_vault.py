"""An agent's visits to a real Vault: what they bring, and that they leave no token behind."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from roottrust.agent.vault_login import AgentLogin
from roottrust.agent.vault_visit import TRUST_HINT, VaultVisit, build_connection, visit_vault
from roottrust.api.issued_certificate import IssuedCertificateSpec
from roottrust.domain.certificate import parse_certificate
from roottrust.domain.errors import AccessDeniedError, TransientError
from roottrust.domain.intermediate_request import build_key_request, build_sign_request
from roottrust.domain.reasons import Reason
from testbed import Cluster
from tests.integration.agent.mesh_site import MeshSite
from tests.integration.agent.vault_site import VaultSite


def visit(site: VaultSite, mesh: MeshSite, **changes: Any) -> Any:
    spec = read_spec(site, mesh)
    login = AgentLogin(
        **{
            "mount": site.cluster.auth_mount,
            "role": site.cluster.role,
            "account": mesh.account.name,
            "token_file": mesh.vault_token,
            "now": lambda: datetime.now(UTC),
            **changes,
        }
    )
    return visit_vault(build_connection(spec.agent_ca.vault), login)


def read_spec(site: VaultSite, mesh: MeshSite, **changes: Any) -> IssuedCertificateSpec:
    return IssuedCertificateSpec.model_validate(mesh.build_spec(site, csr=True, **changes))


def build_csr() -> str:
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
        .decode()
    )


def sign(visited: VaultVisit, site: VaultSite, mesh: MeshSite, csr: str) -> str:
    options = read_spec(site, mesh).cert_options
    return visited.sign(site.sign_path, build_sign_request(options, csr=csr)).certificate


def test_least_policy_signs_what_the_agent_asks_for(site: VaultSite, mesh: MeshSite) -> None:
    with visit(site, mesh) as visited:
        found = parse_certificate(sign(visited, site, mesh, build_csr()))
        assert len(site.list_tokens()) == 1
    assert (found.subject, found.is_ca, found.path_length) == (f"CN={site.common_name}", True, 0)
    assert site.list_tokens() == []


def test_vault_makes_the_key_where_asked(site: VaultSite, mesh: MeshSite) -> None:
    with visit(site, mesh) as visited:
        made = visited.make_key(
            site.csr_path, build_key_request(read_spec(site, mesh).cert_options)
        )
        sign(visited, site, mesh, made.csr)
    assert "PRIVATE KEY" in made.key.get_secret_value()
    assert made.key.get_secret_value() not in repr(made)
    assert site.count_keys() == 1


def test_token_of_the_pod_is_reviewed_by_the_cluster(
    review_site: VaultSite, mesh: MeshSite
) -> None:
    with visit(review_site, mesh, token_file=mesh.folder / "token") as visited:
        sign(visited, review_site, mesh, build_csr())
    assert review_site.list_tokens() == []


def test_token_is_revoked_after_a_failure(site: VaultSite, mesh: MeshSite) -> None:
    site.revoke_rights()
    with pytest.raises(AccessDeniedError) as caught, visit(site, mesh) as visited:
        sign(visited, site, mesh, build_csr())
    assert (caught.value.path, caught.value.capability) == (site.sign_path, "update")
    assert site.sign_path in caught.value.message
    assert site.list_tokens() == []


def test_token_that_is_gone_is_no_error(
    site: VaultSite, mesh: MeshSite, caplog: pytest.LogCaptureFixture
) -> None:
    with visit(site, mesh):
        for token in site.list_tokens():
            site.admin("POST", "auth/token/revoke-accessor", {"accessor": token["accessor"]})
    assert not [each for each in caplog.records if each.name.startswith("roottrust")]


def test_batch_token_is_no_error(
    site: VaultSite, mesh: MeshSite, caplog: pytest.LogCaptureFixture
) -> None:
    role = f"auth/{site.cluster.auth_mount}/role/{site.cluster.role}"
    data = site.admin("GET", role).json()["data"]
    site.admin("POST", role, {**data, "token_type": "batch"}).raise_for_status()
    with visit(site, mesh) as visited:
        sign(visited, site, mesh, build_csr())
    assert not [each for each in caplog.records if each.name.startswith("roottrust")]


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"role": "nobody"}, "as nobody"), ({"mount": "nowhere"}, "at auth/nowhere/login")],
)
def test_refused_login_is_told_without_the_token(
    site: VaultSite, mesh: MeshSite, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(AccessDeniedError) as caught, visit(site, mesh, **changes):
        pytest.fail("somebody was let in")
    error = caught.value
    assert error.reason is Reason.LOGIN_FAILED
    assert told in error.message
    assert error.path.startswith("auth/")
    assert "eyJ" not in error.message


def test_token_for_another_audience_is_refused(site: VaultSite, mesh: MeshSite) -> None:
    with (
        pytest.raises(AccessDeniedError, match="audience"),
        visit(site, mesh, token_file=mesh.folder / "token"),
    ):
        pytest.fail("somebody was let in")


def test_given_bundle_is_the_only_trust(
    site: VaultSite, mesh: MeshSite, cluster: Cluster, tmp_path: Path
) -> None:
    spec = mesh.build_spec(site)
    spec["agentCa"]["vault"]["caBundle"] = cluster.ca_file.read_text()
    vault = IssuedCertificateSpec.model_validate(spec).agent_ca.vault
    login = AgentLogin(
        mount=site.cluster.auth_mount,
        role=site.cluster.role,
        account="istiod",
        token_file=mesh.vault_token,
        now=lambda: datetime.now(UTC),
    )
    with pytest.raises(TransientError) as caught, visit_vault(build_connection(vault), login):
        pytest.fail("a stranger was trusted")
    assert caught.value.reason is Reason.UNTRUSTED_CERTIFICATE
    assert TRUST_HINT in caught.value.message
