"""`roottrust rotate intermediate --cluster`: one cluster of a policy is rotated, no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed import Cluster, CommandError
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.clusters.both import select_both
from tests.integration.hub.clusters.registration import Registrar
from tests.integration.hub.mesh import put_mesh
from tests.integration.hub.names import Names
from tests.integration.hub.person import Person, build_rotator
from tests.integration.hub.policy import MakePolicy
from tests.integration.hub.waiting import wait_for

ACCOUNT = "istiod-service-account"


@pytest.fixture
def rotate(cluster: Cluster, namespace: str, tmp_path: Path) -> Person:
    return build_rotator(cluster, namespace, tmp_path)


def read_generation(certificate: Certificate) -> int:
    return int(certificate.wait_for()["spec"]["intermediateGeneration"])


@pytest.mark.usefixtures("operator")
def test_only_the_named_cluster_is_asked_for_another_intermediate(
    rotate: Person,
    registrar: Registrar,
    kubeconfig: str,
    cluster: Cluster,
    remote: Certificate,
    make_policy: MakePolicy,
    names: Names,
    namespace: str,
) -> None:
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account=ACCOUNT)
    registrar.register("cluster2", kubeconfig)
    policy = make_policy(names, select_both(namespace))
    mine = Certificate(cluster=cluster, namespace=namespace)
    assert (read_generation(mine), read_generation(remote)) == (1, 1)
    wait_for(policy.read_status, lambda found: len(found.get("meshes") or []) == 2)

    done = rotate.run(policy.full_name, "--cluster", "cluster3")
    assert (done.code, done.out) == (1, "")
    assert "has no mesh in cluster3: its clusters are cluster1, cluster2." in done.err

    done = rotate.run(policy.full_name, "--cluster", "cluster2", "--no-wait")
    assert done.code == 0, done.err
    assert done.out == f"{policy.full_name}: spec.rotation.clusters of cluster2: 1 → 2\n"
    wait_for(lambda: read_generation(remote), lambda found: found == 2)
    assert read_generation(mine) == 1

    # As whoever writes the policy back from Git, where the number is not committed.
    removal = '[{"op": "remove", "path": "/spec/rotation/clusters"}]'
    with pytest.raises(CommandError, match="a generation only counts up"):
        policy.kubectl("patch", "rtp", policy.name, "--type=json", "--patch", removal)

    done = rotate.run(policy.full_name, "--no-wait")
    assert (done.code, done.out.rpartition(": ")[2]) == (0, "1 → 3\n"), done.err
    wait_for(lambda: read_generation(mine), lambda found: found == 3)
    wait_for(lambda: read_generation(remote), lambda found: found == 3)
