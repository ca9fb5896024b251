"""The IssuedCertificates that the operator writes beside istiod: once, right, and nobody else's."""

from __future__ import annotations

import json

import pytest
from cryptography import x509

from testbed import Cluster, Vault
from tests.integration.hub.agent import Agent
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.istiod import Account
from tests.integration.hub.mesh import delete_mesh, put_mesh
from tests.integration.hub.names import Names
from tests.integration.hub.policy import MakePolicy
from tests.integration.hub.root import Root
from tests.integration.hub.waiting import wait_for

pytestmark = pytest.mark.usefixtures("operator")

OWNER = "internal.gloo.solo.io/owner"
DELETE = {"spec.management": {"deletionPolicy": "Delete"}}


@pytest.fixture
def certificate(cluster: Cluster, namespace: str) -> Certificate:
    """That of the test's own mesh, which is found."""
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account="istiod-service-account")
    return Certificate(cluster=cluster, namespace=namespace)


def test_agents_get_what_they_are_told_to_ask_for(
    certificate: Certificate,
    cluster: Cluster,
    vault: Vault,
    make_policy: MakePolicy,
    names: Names,
    own_istiod: Account,
    root: Root,
) -> None:
    make_policy(names)
    agent = Agent(cluster=cluster, vault=vault, certificate=certificate, account=own_istiod)
    intermediate = x509.load_pem_x509_certificate(agent.obtain().encode())
    spec = certificate.wait_for()["spec"]
    pinned = x509.load_pem_x509_certificate(spec["trustBundle"].encode())
    assert pinned == x509.load_pem_x509_certificate(root.certificate.read_bytes())
    intermediate.verify_directly_issued_by(pinned)
    assert spec["meshRef"] == {
        "name": certificate.name,
        "cluster": "cluster1",
        "namespace": certificate.namespace,
        "deployment": "istiod",
    }
    lived = intermediate.not_valid_after_utc - intermediate.not_valid_before_utc
    assert lived.days == spec["certOptions"]["ttlDays"]


@pytest.mark.refused("roottrust-hub")
def test_the_ca_of_vault_is_inlined_from_its_secret(
    certificate: Certificate, cluster: Cluster, vault: Vault, make_policy: MakePolicy, names: Names
) -> None:
    policy = make_policy(names, {"spec.config.agentCa.vault.caSecretRef": {"name": "vault-ca"}})
    policy.kubectl("create", "secret", "generic", "vault-ca", f"--from-file=ca.crt={vault.ca_file}")
    # deploy/ gives the hub the Secrets of its own namespace; those of another one its owner does.
    policy.kubectl("create", "role", "hub", "--verb=get", "--resource=secrets")
    account = "--serviceaccount=gloo-mesh:roottrust-hub"
    policy.kubectl("create", "rolebinding", "hub", "--role=hub", account)
    policy.nudge()
    told = certificate.wait_for()["spec"]["agentCa"]["vault"]["caBundle"]
    assert x509.load_pem_x509_certificate(told.encode()) == x509.load_pem_x509_certificate(
        vault.ca_file.read_bytes()
    )


def test_a_policy_without_a_ca_gives_agents_the_operators_own(
    certificate: Certificate, vault: Vault, make_policy: MakePolicy, names: Names
) -> None:
    make_policy(names)
    told = certificate.wait_for()["spec"]["agentCa"]["vault"]["caBundle"]
    assert x509.load_pem_x509_certificate(told.encode()) == x509.load_pem_x509_certificate(
        vault.ca_file.read_bytes()
    )


def test_edits_are_undone_and_what_was_added_is_taken_off(
    certificate: Certificate, make_policy: MakePolicy, names: Names
) -> None:
    make_policy(names)
    before = certificate.wait_for()
    certificate.edit({"hosts": ["evil.example"], "certOptions": {"orgName": "Evil"}})
    after = wait_for(certificate.wait_for, lambda found: found["spec"] == before["spec"])
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    certificate.delete()
    assert certificate.wait_for()["spec"] == before["spec"]


def test_one_of_others_is_told_and_left_alone_until_the_policy_adopts(
    certificate: Certificate, cluster: Cluster, make_policy: MakePolicy, names: Names
) -> None:
    policy = make_policy(names)
    ours = certificate.wait_for()
    policy.delete()
    certificate.patch({"metadata": {"annotations": {OWNER: None}}, "spec": {"hosts": []}})
    theirs = certificate.wait_for()
    policy = make_policy(names)
    policy.wait_for("CertificatesIssued", "False", "Conflict")
    assert certificate.wait_for()["metadata"]["generation"] == theirs["metadata"]["generation"]
    policy.annotate("admin.gloo.solo.io/adopt=true")
    adopted = wait_for(certificate.wait_for, lambda found: found["spec"] == ours["spec"])
    assert "origin=adopted" in adopted["metadata"]["annotations"][OWNER]


def test_it_goes_with_its_mesh(
    certificate: Certificate, cluster: Cluster, make_policy: MakePolicy, names: Names
) -> None:
    make_policy(names)
    certificate.wait_for()
    delete_mesh(cluster, namespace=certificate.namespace)
    certificate.wait_until_gone()


def test_it_stays_with_a_policy_that_retains_and_goes_with_one_that_deletes(
    certificate: Certificate, make_policy: MakePolicy, names: Names
) -> None:
    policy = make_policy(names)
    kept = certificate.wait_for()
    policy.delete()
    policy = make_policy(names, DELETE)
    uid = policy.read()["metadata"]["uid"]
    found = wait_for(
        certificate.wait_for, lambda found: uid in found["metadata"]["annotations"][OWNER]
    )
    assert found["metadata"]["uid"] == kept["metadata"]["uid"]
    policy.kubectl("delete", "rtp", policy.name, "--timeout=30s")
    certificate.wait_until_gone()


def test_an_observer_writes_none_and_says_so(
    certificate: Certificate, make_policy: MakePolicy, names: Names
) -> None:
    policy = make_policy(names)
    certificate.wait_for()
    policy.apply({**names.build_changes(), "spec.management": {"mode": "Observe"}})
    policy.wait_for("VaultConfigured", "True")  # of the edit: nothing is written from here on
    certificate.delete()
    policy.wait_for("CertificatesIssued", "False", "ChangesPending")
    assert certificate.read() is None


def test_only_public_things_are_in_it(
    certificate: Certificate, make_policy: MakePolicy, names: Names
) -> None:
    make_policy(names)
    text = json.dumps(certificate.wait_for())
    assert "PRIVATE KEY" not in text
    assert "hvs." not in text
