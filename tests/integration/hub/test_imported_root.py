"""Roots that a policy imports from a Secret: given to Vault once, or refused with the reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from roottrust.domain.certificate import parse_certificate
from testbed import Cluster, Vault
from tests.integration.hub.istiod import Account, ask_as_istiod
from tests.integration.hub.names import Names
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.pki import make_request
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.root import Root, make_expired_root, make_root
from tests.integration.hub.root_secret import RootSecret
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask, read, write

MOUNT = "pki_imported"
REFUSED = "pki_refused"
LEFT = "delete Secret"

pytestmark = pytest.mark.usefixtures("operator")


def import_from(secret: RootSecret, mount: str) -> dict[str, Any]:
    """Return what has a policy import its root into a mount."""
    root = {"source": "Import", "secretRef": {"name": secret.name}}
    return {
        "spec.config.agentCa.vault.caPath": f"{mount}/root/sign-intermediate",
        "spec.config.agentCa.vault.csrPath": None,
        "spec.management": {"root": root},
    }


@pytest.fixture
def secret(cluster: Cluster, namespace: str) -> RootSecret:
    """Where the root is to be; the hub may read it."""
    secret = RootSecret(cluster=cluster, namespace=namespace)
    secret.allow()
    return secret


def list_left(policy: Policy) -> list[str]:
    return [each for each in policy.read_status()["warnings"] if LEFT in each]


def list_key_lines(root: Root) -> list[str]:
    """Return what a key can be known by, wherever it is."""
    return [each for each in root.key.read_text().splitlines() if len(each) == 64]


def test_root_of_the_guide_is_given_to_vault_once_and_its_key_is_nowhere_else(
    make_policy: MakePolicy,
    names: Names,
    admin: Ask,
    vault: Vault,
    cluster: Cluster,
    operator: OperatorProcess,
    secret: RootSecret,
    own_istiod: Account,
    tmp_path: Path,
) -> None:
    root = make_root(tmp_path / "root", subject="/", bits=4096)
    expected = parse_certificate(root.certificate.read_text())
    secret.put(root)
    policy = make_policy(names, import_from(secret, MOUNT))
    policy.wait_until_ready()

    (issuer_id,) = admin("LIST", f"{MOUNT}/issuers").json()["data"]["keys"]
    issuer = read(admin, f"{MOUNT}/issuer/{issuer_id}")
    assert issuer is not None
    assert issuer["issuer_name"] == "roottrust-g1"
    assert parse_certificate(issuer["certificate"]) == expected
    key = read(admin, f"{MOUNT}/key/{issuer['key_id']}")
    assert key is not None
    assert key["key_name"] == "roottrust-g1"
    status = policy.read_status()
    assert status["root"]["fingerprint"] == expected.fingerprint
    assert any("no key usage" in each for each in status["warnings"])
    assert len(list_left(policy)) == 1

    signed = write(
        ask_as_istiod(vault, own_istiod, names),
        f"{MOUNT}/issuer/{issuer_id}/sign-intermediate",
        {
            "csr": make_request().csr,
            "common_name": "roottrust istiod CA cluster1",
            "max_path_length": "0",
            "ttl": "8760h",
        },
    )
    intermediate = x509.load_pem_x509_certificate(signed["certificate"].encode())
    certificate = x509.load_pem_x509_certificate(root.certificate.read_bytes())
    intermediate.verify_directly_issued_by(certificate)

    writes = operator.count_writes()["vault"]
    secret.delete()
    policy.nudge()
    wait_for(lambda: list_left(policy), lambda left: left == [])
    policy.wait_until_ready()
    assert operator.count_writes()["vault"] == writes
    kept = cluster.kubectl("get", "rtp,events,secrets,configmaps", "-A", "-o=yaml").stdout
    for text in (kept, operator.log.read_text()):
        assert [line for line in list_key_lines(root) if line in text] == []


def put_two_together(folder: Path) -> Root:
    """Make a root with another certificate in its file."""
    root, other = make_root(folder), make_root(folder / "other", subject="/CN=Other")
    with root.certificate.open("a") as file:
        file.write(other.certificate.read_text())
    return root


def exchange_key(folder: Path) -> Root:
    """Make a root with the key of another one."""
    root, other = make_root(folder), make_root(folder / "other", subject="/CN=Other")
    return Root(certificate=root.certificate, key=other.key)


UNFIT: dict[str, tuple[Callable[[Path], Root], str, str]] = {
    "no-ca": (
        lambda folder: make_root(folder, extension="basicConstraints=critical,CA:FALSE"),
        "RootNotUsable",
        "is not a CA's (no CA:TRUE; the openssl of macOS makes such ones)",
    ),
    "path-length-0": (
        lambda folder: make_root(folder, extension="basicConstraints=critical,CA:TRUE,pathlen:0"),
        "RootNotUsable",
        "forbids intermediates (path length 0",
    ),
    "no-keyCertSign": (
        lambda folder: make_root(folder, extension="keyUsage=critical,digitalSignature"),
        "RootNotUsable",
        "it lacks keyCertSign",
    ),
    "expired": (make_expired_root, "RootNotUsable", "expired at"),
    "mismatched-key": (exchange_key, "InvalidRootSecret", "the key is not that of the certificate"),
    "several": (put_two_together, "InvalidRootSecret", "it holds 2 certificates"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_root_that_cannot_serve_is_refused_and_leaves_vault_as_it_is(
    make_policy: MakePolicy,
    names: Names,
    admin: Ask,
    operator: OperatorProcess,
    secret: RootSecret,
    tmp_path: Path,
    name: str,
) -> None:
    make, reason, words = UNFIT[name]
    secret.put(make(tmp_path / "root"))
    writes = operator.count_writes()["vault"]
    policy = make_policy(names, import_from(secret, REFUSED))
    refused = policy.wait_for("VaultConfigured", "False", reason)
    assert words in refused["message"]
    assert secret.name in refused["message"]
    assert policy.read_conditions()["Ready"]["status"] == "False"
    assert read(admin, f"sys/mounts/{REFUSED}") is None
    assert operator.count_writes()["vault"] == writes


@pytest.mark.refused("roottrust-hub")
def test_secret_that_may_not_be_read_is_told_and_used_once_it_may(
    make_policy: MakePolicy, names: Names, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    secret = RootSecret(cluster=cluster, namespace=namespace)
    policy = make_policy(names, import_from(secret, "pki_granted"))
    denied = policy.wait_for("VaultConfigured", "False", "AccessDenied")
    assert "secrets" in denied["message"]
    secret.allow()
    policy.nudge()
    missing = policy.wait_for("VaultConfigured", "Unknown", "SecretNotFound")
    assert "create it with root-cert.pem and root-key.pem" in missing["message"]
    secret.put(make_root(tmp_path / "root"))
    policy.nudge()
    policy.wait_until_ready()
