"""`roottrust verify` on a real API server, a real Vault and a real istiod: what is right is told
so, and each wrong state is found and named."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from roottrust.domain.certificate import parse_certificate
from testbed import Cluster
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask, write
from tests.integration.verify.authority import Bundle, add_root
from tests.integration.verify.conftest import MakeAuthority, Mesh
from tests.integration.verify.site import POD
from tests.integration.verify.verifier import Verifier, write_kubeconfig

CLOSED = "https://127.0.0.1:1"
ALL_OK = {
    "PinnedRoot": "OK",
    "VaultRoot": "OK",
    "Agent": "OK",
    "ServedChain": "OK",
    "Namespaces": "OK",
    "WorkloadCertificate": "OK",
}
IDENTITY = "spiffe://cluster.local/ns/gloo-mesh/sa/roottrust-verify"


def test_a_mesh_under_its_pinned_root_is_verified(mesh: Mesh, verify: Verifier) -> None:
    done = verify.run_json("cluster1")
    assert (done.code, done.err) == (0, "")
    assert done.outcomes == ALL_OK
    assert done.report["result"] == "Verified"
    assert done.checks["WorkloadCertificate"]["facts"]["spiffeId"] == IDENTITY
    intermediate = parse_certificate(mesh.issued.intermediate).fingerprint
    assert done.checks["ServedChain"]["facts"]["intermediate"] == intermediate
    text = verify.run()
    assert text.code == 0
    assert f"  ok      workload certificate  {POD}" in text.out
    assert text.out.endswith(
        "Verified: 1 mesh under the pinned root (6 ok, 0 different, 0 unknown).\n"
    )
    assert "\033" not in text.out
    assert "\033[32m" in verify.run("--color=always").out


def test_the_root_that_a_person_keeps_is_compared(
    mesh: Mesh, verify: Verifier, make_root: MakeAuthority, tmp_path: Path
) -> None:
    path = tmp_path / "root-cert.pem"
    path.write_text(mesh.authority.pem)
    assert verify.run("--root", str(path)).code == 0
    path.write_text(make_root("Root X").pem)
    done = verify.run_json("--root", str(path))
    assert done.code == 2
    assert done.outcomes == {**ALL_OK, "PinnedRoot": "Different"}
    assert "CN=Root X" in done.checks["PinnedRoot"]["message"]


def test_another_root_in_one_namespace_is_found_and_named(
    mesh: Mesh, verify: Verifier, make_root: MakeAuthority
) -> None:
    mesh.stop()  # it would mend it
    mesh.site.publish("default", make_root("Root B").pem)
    mesh.site.publish("kube-system", None)
    done = verify.run_json("--skip", "served", "--skip", "workload")
    assert done.code == 2
    found = done.checks["Namespaces"]
    assert found["outcome"] == "Different"
    assert found["names"] == ["default", "kube-system"]
    assert "Namespace default has another root (CN=Root B" in found["message"]
    assert done.outcomes["ServedChain"] == "Skipped"
    excluded = ("--exclude-namespace", "default", "--exclude-namespace", "kube-s?stem")
    assert verify.run("--skip", "served", "--skip", "workload", *excluded).code == 0


def test_a_self_signed_istiod_is_found_and_called_that(mesh: Mesh, verify: Verifier) -> None:
    mesh.start(Bundle({}))
    wait_for(mesh.site.read_published, lambda found: mesh.authority.pem not in found.values())
    done = verify.run_json()
    assert done.code == 2
    expected = {"ServedChain": "Different", "Namespaces": "Different"}
    assert done.outcomes == {**ALL_OK, **expected, "WorkloadCertificate": "Different"}
    assert done.checks["ServedChain"]["told"] == "self-signed, under O=cluster.local"
    assert "a root that istiod made itself" in done.checks["Namespaces"]["message"]
    assert "is not trusted by workloads" in done.checks["WorkloadCertificate"]["message"]
    mesh.site.cluster.kubectl("delete", "secret", "istio-ca-secret", "-n", mesh.site.namespace)


def test_an_intermediate_of_a_foreign_ca_is_found_and_named(
    mesh: Mesh, verify: Verifier, make_root: MakeAuthority
) -> None:
    foreign = make_root("Foreign root").issue()
    mesh.start(foreign.bundle)
    mesh.wait_for_root(foreign.root)
    done = verify.run_json()
    assert done.code == 2
    expected = {"ServedChain": "Different", "Namespaces": "Different"}
    assert done.outcomes == {**ALL_OK, **expected, "WorkloadCertificate": "Different"}
    assert "which is not the root" in done.checks["ServedChain"]["message"]
    assert "another root (CN=Foreign root" in done.checks["Namespaces"]["message"]
    text = verify.run()
    assert f"Different: served chain of {POD}\n" in text.out


def test_another_intermediate_than_the_reported_one_is_found(mesh: Mesh, verify: Verifier) -> None:
    mesh.site.report(mesh.authority.issue())
    done = verify.run_json()
    assert done.code == 2
    assert done.outcomes == {**ALL_OK, "ServedChain": "Different"}
    assert "another intermediate than its agent reports" in done.checks["ServedChain"]["message"]


def test_an_agent_that_reports_a_wrong_fingerprint_is_found(mesh: Mesh, verify: Verifier) -> None:
    mesh.site.report(mesh.issued, trustBundleFingerprint="0" * 64)
    done = verify.run_json()
    assert done.code == 2
    assert done.outcomes == {**ALL_OK, "Agent": "Different"}
    assert done.checks["Agent"]["subject"] == POD
    assert "another root-cert.pem" in done.checks["Agent"]["message"]


def test_an_exchanged_root_in_vault_is_found(
    mesh: Mesh, verify: Verifier, vault_admin: Ask, make_root: MakeAuthority
) -> None:
    authority = make_root("Root C")
    mesh.site.apply_certificate(authority)
    mount = authority.mount
    answer = vault_admin("DELETE", f"{mount}/issuer/{authority.issuer_id}")
    assert answer.ok
    add_root(vault_admin, mount, name="Root D")
    write(vault_admin, f"{mount}/config/issuers", {"default": _list_issuers(vault_admin, mount)[0]})
    done = verify.run_json()
    found = done.checks["VaultRoot"]
    assert (done.code, found["outcome"]) == (2, "Different")
    assert authority.issuer_id in found["message"]
    assert "Its mount has CN=Root D" in found["message"]


def test_another_root_under_the_named_issuer_is_found(
    mesh: Mesh, verify: Verifier, make_root: MakeAuthority
) -> None:
    other = make_root("Root E")
    mesh.site.apply_certificate(mesh.authority)
    patch = f'{{"spec":{{"agentCa":{{"vault":{{"caPath":"{other.ca_path}"}}}}}}}}'
    words = ("patch", "issuedcertificate", mesh.site.mesh, "-n", mesh.site.namespace)
    mesh.site.cluster.kubectl(*words, "--type=merge", "-p", patch)
    done = verify.run_json()
    assert (done.code, done.outcomes) == (2, {**ALL_OK, "VaultRoot": "Different"})
    assert done.checks["VaultRoot"]["told"].startswith("CN=Root E")


def test_without_vault_the_rest_is_verified_and_nothing_is_passed_over(
    mesh: Mesh, verify: Verifier
) -> None:
    done = verify.run_json("--vault-endpoint", CLOSED)
    assert (done.code, done.report["result"]) == (1, "Incomplete")
    assert done.outcomes == {**ALL_OK, "VaultRoot": "Unknown"}
    assert "connection refused" in done.checks["VaultRoot"]["message"]
    assert "--skip vault" in done.checks["VaultRoot"]["nextStep"]
    assert verify.run("--vault-endpoint", CLOSED, "--skip", "vault").code == 0


def test_vault_is_read_where_vault_addr_says(mesh: Mesh, verify: Verifier) -> None:
    done = verify.run_json(environment={"VAULT_ADDR": CLOSED})
    assert (done.code, done.outcomes["VaultRoot"]) == (1, "Unknown")
    assert f"is read at {CLOSED}" in done.err
    vault = mesh.site.vault
    environment = {"VAULT_ADDR": vault.address, "VAULT_CACERT": str(vault.ca_file)}
    assert verify.run(environment=environment).code == 0


def test_an_istiod_that_is_away_leaves_its_checks_unknown(mesh: Mesh, verify: Verifier) -> None:
    mesh.stop()
    done = verify.run_json()
    assert done.code == 1
    assert done.outcomes == {
        **ALL_OK,
        "ServedChain": "Unknown",
        "WorkloadCertificate": "Unknown",
    }
    assert "connection refused" in done.checks["ServedChain"]["message"]


@pytest.mark.refused("reader-")
def test_what_one_may_not_do_is_unknown_with_its_reason(
    mesh: Mesh, verify: Verifier, cluster: Cluster, tmp_path: Path
) -> None:
    namespace = mesh.site.namespace
    account = f"reader-{uuid.uuid4().hex[:8]}"
    path = write_kubeconfig(tmp_path / "k", cluster, namespace="default", account=account)
    role = ("--verb=list", "--resource=issuedcertificates.internal.gloo.solo.io")
    cluster.kubectl("create", "role", account, "-n", namespace, *role)
    binding = (f"--role={account}", f"--serviceaccount=default:{account}")
    cluster.kubectl("create", "rolebinding", account, "-n", namespace, *binding)
    reader = Verifier(kubeconfig=path, words=("-n", namespace))
    done = reader.run_json()
    assert done.code == 1
    assert done.outcomes == {
        **ALL_OK,
        "Namespaces": "Unknown",
        "ServedChain": "Unknown",
        "WorkloadCertificate": "Unknown",
    }
    assert "denies you list on /api/v1/namespaces" in done.checks["Namespaces"]["message"]
    everywhere = Verifier(kubeconfig=path).run()
    assert everywhere.code == 1
    assert "denies you list on /apis/internal.gloo.solo.io/v2/issuedcertificates" in everywhere.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("cluster9",), "there are some of cluster1"),
        (("--vault-endpoint", "ftp://x"), "an endpoint begins with https://"),
        (("--istiod-endpoint", "x"), "write POD=HOST:PORT"),
        (("--service-account", "x"), "write NAMESPACE/NAME"),
        (("--skip", "everything"), "is not one of"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(
    mesh: Mesh, verify: Verifier, words: tuple[str, ...], said: str
) -> None:
    done = verify.run(*words)
    assert (done.code, done.out) == (1, "")
    assert said in done.err


@pytest.mark.refused("auditor")
def test_an_account_that_is_not_there_leaves_the_probe_unknown(
    mesh: Mesh, verify: Verifier
) -> None:
    account = f"{mesh.site.namespace}/nobody"
    done = verify.run_json("--service-account", account)
    assert (done.code, done.outcomes) == (1, {**ALL_OK, "WorkloadCertificate": "Unknown"})
    assert "deploy/verify/" in done.checks["WorkloadCertificate"]["nextStep"]


def _list_issuers(admin: Ask, mount: str) -> list[str]:
    found: list[str] = admin("LIST", f"{mount}/issuers").json()["data"]["keys"]
    return found
