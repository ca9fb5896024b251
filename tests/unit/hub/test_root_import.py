"""A root from a Secret, as the controller has it: read, imported once, warned of, waited for."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from roottrust.domain.errors import AccessDeniedError, DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.hub.root_secret import SECRET_SECONDS
from tests.unit.domain.samples import EMPTY_FACTS, ROOT, ROOT_KEY, build_manifest_spec
from tests.unit.hub.conftest import Bench
from tests.unit.hub.fakes import build_manifest

SECRET = ("gloo-mesh", "root-ca")
ROOT_SPEC = {"source": "Import", "secretRef": {"name": "root-ca"}}
KEY = ROOT_KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
).decode()
FILES = {"root-cert.pem": ROOT.pem, "root-key.pem": KEY}
DENIED = AccessDeniedError(
    "The API server denied get on secrets.",
    reason=Reason.ACCESS_DENIED,
    path="secrets",
    capability="get",
)


def build(**management: Any) -> dict[str, Any]:
    spec = build_manifest_spec(management={"root": ROOT_SPEC, **management})
    return build_manifest(spec=spec)


@pytest.fixture
def importing(bench: Bench) -> Bench:
    """A policy that imports, a Secret, and an empty Vault."""
    bench.server.facts = EMPTY_FACTS
    bench.kube.secrets[SECRET] = dict(FILES)
    bench.put(build())
    return bench


async def test_the_root_is_imported_named_and_used_in_one_go(importing: Bench) -> None:
    await importing.reconcile()
    assert importing.server.written[:2] == ["create pki", "create pki/issuer/roottrust-g1"]
    assert importing.server.written[2].startswith("update pki/key/")
    assert importing.server.written[3].startswith("update pki/issuer/")
    assert importing.read_condition("Ready")[0] == "True"
    root = importing.status.root
    assert root is not None
    assert root.fingerprint == ROOT.fingerprint
    assert any("delete Secret gloo-mesh/root-ca" in each for each in importing.status.warnings)


async def test_the_secret_is_read_from_the_policy_s_own_namespace_alone(importing: Bench) -> None:
    await importing.reconcile()
    assert set(importing.kube.asked) == {SECRET}


async def test_once_the_secret_is_deleted_nothing_is_warned_of(importing: Bench) -> None:
    await importing.reconcile()
    del importing.kube.secrets[SECRET]
    written = list(importing.server.written)
    await importing.reconcile()
    assert importing.server.written == written
    assert importing.read_condition("Ready")[0] == "True"
    assert not any("Secret" in each for each in importing.status.warnings)


async def test_without_a_secret_the_policy_waits_and_goes_on_when_it_comes(
    importing: Bench,
) -> None:
    del importing.kube.secrets[SECRET]
    with pytest.raises(DependencyMissingError):
        await importing.reconcile()
    assert importing.read_condition("VaultConfigured") == ("Unknown", "SecretNotFound")
    message = importing.status.message or ""
    assert "Secret gloo-mesh/root-ca" in message
    assert "root-cert.pem and root-key.pem" in message
    importing.kube.secrets[SECRET] = dict(FILES)
    await importing.reconcile()
    assert importing.read_condition("Ready")[0] == "True"


async def test_a_secret_that_cannot_be_imported_is_looked_at_again(importing: Bench) -> None:
    importing.kube.secrets[SECRET]["root-key.pem"] = "no key"
    assert await importing.controller.reconcile(importing.key) == SECRET_SECONDS
    assert importing.server.written == []
    importing.kube.secrets[SECRET] = dict(FILES)
    assert await importing.controller.reconcile(importing.key) is None


async def test_a_secret_that_may_not_be_read_says_so(importing: Bench) -> None:
    importing.kube.failure = DENIED
    with pytest.raises(AccessDeniedError):
        await importing.controller.reconcile(importing.key)


async def test_another_policy_s_secret_is_not_read(importing: Bench) -> None:
    importing.put(
        build_manifest(
            metadata={"name": "older", "uid": "uid-0", "creationTimestamp": "2020-01-01T00:00:00Z"},
            spec=build_manifest_spec(
                applyToMeshes=[{"istio": {"namespace": "elsewhere"}}],
                management={"root": {"source": "Generate"}},
            ),
        )
    )
    importing.edit(metadata={"creationTimestamp": "2021-01-01T00:00:00Z"})
    importing.controller.claims.outdate_all()
    await importing.reconcile()  # it is patient once
    with pytest.raises(DependencyMissingError) as caught:
        await importing.reconcile()
    assert caught.value.reason == Reason.ROOT_NOT_FOUND
    assert "RootTrustPolicy gloo-mesh/older is to put the root there" in caught.value.message
    assert importing.kube.asked == []


async def test_observe_reads_the_secret_and_writes_nothing(importing: Bench) -> None:
    importing.put(build(mode="Observe"))
    await importing.reconcile()
    assert importing.server.asked == []
    assert importing.read_condition("VaultConfigured") == ("False", "ChangesPending")
    auth, role = "auth/kube-cluster1-mesh-auth", "gen-int-ca-istio-cluster1-mesh"
    assert [each.path for each in importing.status.drift] == [
        "pki",
        "pki/issuer/roottrust-g1",
        auth,
        f"{auth}/config",
        f"sys/policies/acl/{role}",
        f"{auth}/role/{role}",
    ]


async def test_no_part_of_the_key_is_told_anywhere(
    importing: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await importing.reconcile()
    told = f"{importing.kube.applied} {importing.events.posted} {caplog.text}"
    assert "create pki/issuer/roottrust-g1" in told
    assert "PRIVATE KEY" not in told
    assert not any(line in told for line in KEY.splitlines()[1:-1])
