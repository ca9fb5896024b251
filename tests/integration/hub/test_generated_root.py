"""Roots that a policy has Vault make: their keys never leave it."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509

from roottrust.domain.certificate import parse_certificate
from testbed import Vault
from tests.integration.hub.istiod import Account, ask_as_istiod
from tests.integration.hub.names import Names, build_names
from tests.integration.hub.pki import make_request
from tests.integration.hub.policy import MakePolicy
from tests.integration.vault_calls import Ask, read, write

pytestmark = pytest.mark.usefixtures("operator")


def generate(mount: str, name: str = "Root of tests") -> dict[str, Any]:
    """Return what has a policy generate its root in a mount."""
    return {
        "spec.config.agentCa.vault.caPath": f"{mount}/root/sign-intermediate",
        "spec.management": {"root": {"source": "Generate", "commonName": name}},
    }


def test_root_is_made_in_vault(make_policy: MakePolicy, names: Names, admin: Ask) -> None:
    mount = "pki_made"
    policy = make_policy(names, generate(mount))
    policy.wait_until_ready()
    (issuer_id,) = admin("LIST", f"{mount}/issuers").json()["data"]["keys"]
    issuer = read(admin, f"{mount}/issuer/{issuer_id}")
    assert issuer is not None
    assert issuer["issuer_name"] == "roottrust-g1"
    assert issuer["key_id"]
    found = parse_certificate(issuer["certificate"])
    assert (found.subject, found.is_ca, found.is_self_signed) == ("CN=Root of tests", True, True)
    assert found.key_type == "ecdsa-p256"
    assert {"key_cert_sign", "crl_sign"} <= (found.key_usages or frozenset())
    assert (found.not_after - found.not_before).days == 3650
    root = policy.read_status()["root"]
    assert (root["fingerprint"], root["issuer"]) == (found.fingerprint, issuer_id)
    managed = [each["path"] for each in policy.read_status()["managedObjects"]]
    assert managed[:2] == [mount, f"{mount}/issuer/roottrust-g1"]


def test_intermediates_of_a_generated_root_live_as_long_as_asked(
    make_policy: MakePolicy, names: Names, vault: Vault, own_istiod: Account
) -> None:
    mount = "pki_signing"
    options = {"spec.config.intermediateCertOptions": {"ttlDays": 400}}
    policy = make_policy(names, {**generate(mount), **options})
    policy.wait_until_ready()
    root = policy.read_status()["root"]
    signed = write(
        ask_as_istiod(vault, own_istiod, names),
        f"{mount}/issuer/{root['issuer']}/sign-intermediate",
        {
            "csr": make_request().csr,
            "common_name": "roottrust istiod CA cluster1",
            "max_path_length": "0",
            "ttl": "9600h",
        },
    )
    found = x509.load_pem_x509_certificate(signed["certificate"].encode())
    assert (found.not_valid_after_utc - found.not_valid_before_utc).days == 400


def test_second_policy_uses_the_root_and_says_whose_it_is(
    make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    mount = "pki_shared"
    first = make_policy(names, generate(mount), name="first")
    first.wait_until_ready()
    others = build_names(f"{names.role.rpartition('_')[2]}b")
    second = make_policy(others, generate(mount, "Another root"), name="second")
    second.wait_until_ready()
    assert second.read_status()["root"] == first.read_status()["root"]
    assert len(admin("LIST", f"{mount}/issuers").json()["data"]["keys"]) == 1
    told = f"belongs to RootTrustPolicy {first.full_name}"
    assert any(told in warning for warning in second.read_status()["warnings"])
    assert not any("belongs to" in warning for warning in first.read_status()["warnings"])
    paths = [each["path"] for each in second.read_status()["managedObjects"]]
    assert not any(path.startswith(mount) for path in paths)
