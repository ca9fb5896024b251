"""Roots that somebody else has put into Vault: used as they are, among several, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from roottrust.domain.certificate import parse_certificate
from testbed import Vault
from tests.integration.hub.istiod import Account, ask_as_istiod
from tests.integration.hub.names import Names, read_objects
from tests.integration.hub.pki import make_request
from tests.integration.hub.policy import MakePolicy
from tests.integration.hub.root import make_root
from tests.integration.hub.signing import PINNED
from tests.integration.vault_calls import FORBIDDEN, Ask, read, write

MOUNT = "pki_several"
USAGE = "keyUsage=critical,keyCertSign,cRLSign"

pytestmark = pytest.mark.usefixtures("operator")


@pytest.fixture(scope="module")
def issuers(admin: Ask, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A mount with two roots and an intermediate by name; `first` is the default."""
    write(admin, f"sys/mounts/{MOUNT}", {"type": "pki"})
    ids = {}
    for name in ("first", "second"):
        folder = tmp_path_factory.mktemp(name)
        root = make_root(folder, subject=f"/CN={name}", extension=USAGE)
        bundle = {"pem_bundle": root.key.read_text() + root.certificate.read_text()}
        (ids[name],) = write(admin, f"{MOUNT}/issuers/import/bundle", bundle)["imported_issuers"]
        write(admin, f"{MOUNT}/issuer/{ids[name]}", {"issuer_name": name})
    request = {"common_name": "Between", "key_type": "ec"}
    csr = write(admin, f"{MOUNT}/intermediate/generate/internal", request)["csr"]
    wanted = {"csr": csr, "common_name": "Between", "format": "pem_bundle", "ttl": "700h"}
    signed = write(admin, f"{MOUNT}/issuer/first/sign-intermediate", wanted)
    chain = {"certificate": signed["certificate"]}
    ids["between"] = write(admin, f"{MOUNT}/intermediate/set-signed", chain)["imported_issuers"][0]
    write(admin, f"{MOUNT}/issuer/{ids['between']}", {"issuer_name": "between"})
    write(admin, f"{MOUNT}/config/issuers", {"default": ids["first"]})
    yield ids
    admin("DELETE", f"sys/mounts/{MOUNT}")


def use(path: str) -> dict[str, Any]:
    """Return what has a policy sign by an existing issuer."""
    return {
        "spec.config.agentCa.vault.caPath": f"{MOUNT}/{path}/sign-intermediate",
        "spec.config.agentCa.vault.csrPath": None,
    }


def read_fingerprint(admin: Ask, issuer: str) -> str:
    found = read(admin, f"{MOUNT}/issuer/{issuer}")
    assert found is not None
    return parse_certificate(found["certificate"]).fingerprint


@pytest.mark.parametrize(
    ("path", "used", "other"),
    [
        ("root", "first", "second"),
        ("issuer/first", "first", "second"),
        ("issuer/second", "second", "first"),
    ],
)
def test_of_several_issuers_the_agent_may_use_the_one_that_is_meant(
    make_policy: MakePolicy,
    names: Names,
    admin: Ask,
    vault: Vault,
    own_istiod: Account,
    issuers: dict[str, str],
    path: str,
    used: str,
    other: str,
) -> None:
    policy = make_policy(names, use(path))
    policy.wait_until_ready()
    root = policy.read_status()["root"]
    assert (root["issuer"], root["fingerprint"]) == (issuers[used], read_fingerprint(admin, used))
    ask = ask_as_istiod(vault, own_istiod, names)
    body = {"csr": make_request().csr, **PINNED}
    assert ask("POST", f"{MOUNT}/issuer/{issuers[used]}/sign-intermediate", body).ok
    for denied in (f"issuer/{issuers[other]}", f"issuer/{other}", "issuer/default", "root"):
        answer = ask("POST", f"{MOUNT}/{denied}/sign-intermediate", body)
        assert answer.status_code == FORBIDDEN


def test_another_default_issuer_is_told_and_not_followed(
    make_policy: MakePolicy, names: Names, admin: Ask, issuers: dict[str, str]
) -> None:
    policy = make_policy(names, use("root"))
    policy.wait_until_ready()
    before = policy.read_status()["root"]
    document = read(admin, names.paths[3])
    write(admin, f"{MOUNT}/config/issuers", {"default": issuers["second"]})
    try:
        changed = policy.wait_for("VaultConfigured", "False", "RootChanged")
        assert before["fingerprint"] in changed["message"]
        assert read(admin, names.paths[3]) == document
    finally:
        write(admin, f"{MOUNT}/config/issuers", {"default": issuers["first"]})
    policy.wait_until_ready()
    assert policy.read_status()["root"] == before


def test_issuer_that_is_not_there_is_told_with_those_that_are(
    make_policy: MakePolicy, names: Names, issuers: dict[str, str]
) -> None:
    policy = make_policy(names, use("issuer/third"))
    missing = policy.wait_for("VaultConfigured", "Unknown", "RootNotFound")
    assert "has no issuer third (it has " in missing["message"]
    for name in issuers:
        assert name in missing["message"]


def test_issuer_that_is_not_self_signed_is_refused(
    make_policy: MakePolicy, names: Names, admin: Ask, issuers: dict[str, str]
) -> None:
    policy = make_policy(names, use("issuer/between"))
    refused = policy.wait_for("VaultConfigured", "False", "RootNotUsable")
    assert "'CN=Between' is an intermediate issued by 'CN=first', no root" in refused["message"]
    objects = read_objects(admin, names)
    assert [path for path in names.paths if objects[path]] == []
