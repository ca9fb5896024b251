"""The guide's manifest, applied as it is to a Vault that its steps 2, 9 and 10 prepared."""

from __future__ import annotations

from roottrust.domain.certificate import parse_certificate
from tests.integration.hub.names import GUIDE_NAMES, read_objects
from tests.integration.hub.policy import Policy
from tests.integration.hub.root import Root
from tests.integration.vault_calls import Ask


def test_everything_that_the_guide_makes_by_hand_is_there(guide_policy: Policy, admin: Ask) -> None:
    found = read_objects(admin, GUIDE_NAMES)
    assert [path for path, data in found.items() if data is None] == []
    managed = guide_policy.read_status()["managedObjects"]
    assert [each["path"] for each in managed] == list(GUIDE_NAMES.paths)
    assert {each["origin"] for each in managed} == {"Created"}


def test_status_tells_of_the_root_that_was_imported(guide_policy: Policy, root: Root) -> None:
    expected = parse_certificate(root.certificate.read_text())
    status = guide_policy.read_status()
    assert status["root"]["fingerprint"] == expected.fingerprint
    assert status["root"]["subject"] == "CN=Example"
    assert status["root"]["mount"] == "pki"
    assert [each["fingerprint"] for each in status["trustBundle"]] == [expected.fingerprint]


def test_warnings_say_what_the_guide_leaves_to_be_mended(guide_policy: Policy) -> None:
    told = "\n".join(guide_policy.read_status()["warnings"])
    assert "The root has no key usage" in told
    assert "KeyGeneratedInVault" in told
    assert "ClientToken" in told
    assert "vault secrets tune -max-lease-ttl=8784h pki" in told


def test_conditions_say_that_only_the_mesh_is_waited_for(guide_policy: Policy) -> None:
    conditions = guide_policy.read_conditions()
    told = {type_: (each["status"], each["reason"]) for type_, each in conditions.items()}
    assert told == {
        "Accepted": ("True", "Accepted"),
        "VaultReachable": ("True", "Reachable"),
        "VaultConfigured": ("True", "Configured"),
        "CertificatesIssued": ("Unknown", "WaitingForMesh"),
        "TrustPropagated": ("Unknown", "WaitingForMesh"),
        "Ready": ("True", "WaitingForMesh"),
    }


def test_policy_is_described(guide_policy: Policy, admin: Ask) -> None:
    text = guide_policy.kubectl("describe", "roottrustpolicy", "cluster1")
    for path in GUIDE_NAMES.paths:
        assert path in text
    shown = text.partition("Events:")[2]
    assert "Normal  Configured" in shown
    assert "Warning" not in shown
    assert "roottrust-operator" in shown


def test_policy_is_listed_with_all_columns(guide_policy: Policy, root: Root) -> None:
    header, line = guide_policy.kubectl("get", "rtp").splitlines()
    not_after = parse_certificate(root.certificate.read_text()).not_after
    ready, meshes, expiry = line.split()[1:4]
    assert header.split() == ["NAME", "READY", "MESHES", "ROOT", "EXPIRY", "MESSAGE", "AGE"]
    assert (ready, meshes, expiry) == ("True", "0/0", f"{not_after:%Y-%m-%dT%H:%M:%SZ}")
    assert "Vault is ready for istiod of cluster1; no mesh is found there yet." in line
