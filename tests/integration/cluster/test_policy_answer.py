"""What a RootTrustPolicy is told that is applied in a cluster without a hub, as the guide does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testbed import Cluster
from tests.integration.cluster.istiod import Istiod
from tests.integration.hub.policy import Policy

pytestmark = pytest.mark.usefixtures("role")


@pytest.fixture
def policy(cluster: Cluster, home: str, namespace: str) -> Iterator[Policy]:
    """The guide's own manifest, under a name of the test's."""
    policy = Policy(cluster=cluster, namespace=home, name=namespace)
    yield policy
    policy.delete()


def test_it_is_refused_with_where_to_apply_it(policy: Policy) -> None:
    policy.apply({})
    accepted = policy.wait_for("Accepted", "False", "RemotePoliciesOff")
    assert accepted["message"] == (
        "No hub looks at RootTrustPolicies in cluster cluster1: apply this one in the management "
        "cluster, or set remotePolicies: true in the operator's configuration there and here."
    )
    conditions = policy.read_conditions()
    assert conditions["Ready"]["status"] == "False"
    assert conditions["Stalled"]["status"] == "True"
    assert policy.read_status()["state"] == "INVALID"
    assert policy.wait_for_events("RemotePoliciesOff") == [accepted["message"]]


def test_it_is_told_once_and_again_after_an_edit(policy: Policy, istiod: Istiod) -> None:
    policy.apply({})
    policy.wait_for("Accepted", "False", "RemotePoliciesOff")
    version = policy.read()["metadata"]["resourceVersion"]
    istiod.install()
    istiod.wait_for_status(bool)
    assert policy.read()["metadata"]["resourceVersion"] == version
    policy.apply({"spec.config.autoRestartPods": True})
    policy.wait_for("Accepted", "False", "RemotePoliciesOff")
    assert policy.read_status()["observedGeneration"] == 2
    assert len(policy.wait_for_events("RemotePoliciesOff")) == 1
