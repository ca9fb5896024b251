"""The guide's story of two clusters from one policy: one root, and peers that trust each other."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.e2e.chain import check_chain, read_identity
from tests.e2e.fleet.fleet import Fleet, do_at_once
from tests.e2e.fleet.member import Member
from tests.e2e.helm import NAMESPACE
from tests.e2e.workload import Workload
from tests.integration.hub.waiting import wait_for
from tests.integration.verify.verifier import RIGHTS, Verifier

Servers = dict[str, Workload]


@pytest.fixture(scope="module")
def servers(fleet: Fleet, stranger: Member) -> Iterator[Servers]:
    """A workload in each cluster that answers others, and can ask them."""
    members = (*fleet.both, stranger)
    servers = {each.name: each.get_workload("server") for each in members}
    do_at_once(lambda member: servers[member.name].start(["server"]), members)
    yield servers
    do_at_once(lambda member: servers[member.name].delete(), members)


def test_intermediates_are_distinct_and_the_root_is_vaults_byte_for_byte(fleet: Fleet) -> None:
    """The guide's `diff -q root-cert.pem`, in every namespace of both clusters."""
    serials = set()
    for member in fleet.both:
        for namespace in ("default", "kube-system", NAMESPACE, member.namespace):
            member.istiod.wait_for_published_root(namespace, fleet.root_pem)
        (instance,) = wait_for(member.istiod.read_instances, lambda found: len(found) == 1)
        serials.add(instance["serial"])
    assert len(serials) == 2


@pytest.mark.parametrize(("client", "server"), [("east", "west"), ("west", "east")])
def test_workloads_of_both_clusters_trust_each_other(
    fleet: Fleet, servers: Servers, client: str, server: str
) -> None:
    told = servers[client].connect_once(servers[server].get_address())
    wanted = {"server": servers[server].identity, "client": servers[client].identity, "error": ""}
    assert told == wanted
    chain = check_chain(servers[client].read_certificate("cert-chain.pem"), fleet.root_pem)
    assert read_identity(chain[0]) == servers[client].identity


@pytest.mark.parametrize("member", ["east", "west"])
def test_a_workload_of_a_mesh_with_another_root_is_refused_both_ways(
    servers: Servers, member: str
) -> None:
    ours, others = servers[member], servers["mgmt"]
    for client, server in ((ours, others), (others, ours)):
        told = client.connect_once(server.get_address())
        assert "CERTIFICATE_VERIFY_FAILED" in told["error"], "the client took a stranger for good"
        told = client.connect_once(server.get_address(), "careless")
        assert told["client"] == "", "the server took a stranger for good"
        assert "UNKNOWN_CA" in told["error"]
    assert others.connect_once(others.get_address())["server"] == others.identity


def test_status_and_verify_agree(fleet: Fleet) -> None:
    done = fleet.run("status", "-o", "json")
    assert done.code == 0, done.out + done.err
    (policy,) = done.report["policies"]
    # The warnings are of the guide's root, which an openssl of old made.
    assert (policy["ready"], policy["conditions"]) == ("True", []), done.out
    found = {each["cluster"]: each for each in policy["meshes"]}
    assert found.keys() == {"east", "west"}
    for member in fleet.both:
        member.cluster.kubectl("apply", "--server-side", "-f", RIGHTS)
        told = found[member.name]
        assert (told["instancesReady"], told["instancesTotal"]) == (1, 1)
        environment = {"VAULT_ADDR": fleet.vault.address, "VAULT_CACERT": str(fleet.vault.ca_file)}
        verifier = Verifier(
            kubeconfig=fleet.kubeconfig,
            words=("--context", member.name),
            environment=environment,
        )
        verified = verifier.run_json()
        assert verified.code == 0, verified.out
        assert set(verified.outcomes.values()) == {"OK"}
        (mesh,) = verified.report["meshes"]
        assert mesh["cluster"] == member.name
        assert [each["fingerprint"] for each in mesh["roots"]] == [policy["root"]["fingerprint"]]
        (namespaces,) = (each for each in mesh["checks"] if each["check"] == "Namespaces")
        facts = namespaces["facts"]
        assert facts["total"] == facts["inSync"] == told["namespaces"]["total"]


def test_the_strangers_mesh_is_no_affair_of_the_policy(fleet: Fleet, stranger: Member) -> None:
    """The hub's own cluster is not selected, and its Mesh says what it is."""
    words = ("get", "mesh", f"istiod-istio-system-{stranger.name}", "-n", "gloo-mesh", "-o=json")
    mesh = json.loads(stranger.cluster.kubectl(*words).stdout)
    assert mesh["status"]["selfSigned"]
    assert stranger.istiod.read_certificate() == {}
