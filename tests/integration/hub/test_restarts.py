"""PodBounceDirectives: the hub writes what a mesh asks for, where a policy lets it, and once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from testbed import Cluster
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.mesh import put_mesh
from tests.integration.hub.names import Names
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.restarts import (
    GROUP,
    ask_for_restart,
    forget_restarts,
    list_bounces,
)
from tests.integration.hub.resync import nudge_and_wait
from tests.integration.hub.waiting import wait_for

RESTARTS = {"spec.config.autoRestartPods": True}


@pytest.fixture
def certificate(cluster: Cluster, namespace: str) -> Iterator[Certificate]:
    """That of the test's own mesh, which is found."""
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account="istiod-service-account")
    yield Certificate(cluster=cluster, namespace=namespace)
    forget_restarts(Certificate(cluster=cluster, namespace=namespace))


def wait_for_bounce(certificate: Certificate) -> dict[str, Any]:
    """Wait for the one directive of a mesh."""
    (found,) = wait_for(lambda: list_bounces(certificate.cluster, certificate.name), bool)
    return found


def wait_until_heard(policy: Policy) -> None:
    """Wait until the hub has looked at what the mesh reports."""

    def is_heard(status: dict[str, Any]) -> bool:
        return any(each.get("namespacesInSync") == 3 for each in status.get("meshes", ()))

    wait_for(policy.read_status, is_heard)


def test_what_a_mesh_asks_for_is_written_once_for_each_trust_hash(
    operator: OperatorProcess, certificate: Certificate, make_policy: MakePolicy, names: Names
) -> None:
    policy = make_policy(names, RESTARTS)
    ask_for_restart(certificate, createdBefore="2030-01-01T00:00:00Z")
    written = wait_for_bounce(certificate)
    spec = written["spec"]
    assert spec["meshRef"] == certificate.wait_for()["spec"]["meshRef"]
    assert spec["createdBefore"] == "2030-01-01T00:00:00Z"
    (group,) = spec["podsToBounce"]
    assert {name: group[name] for name in GROUP} == GROUP
    assert written["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "roottrust"}

    operator.stop()
    operator.start()
    policy.wait_for("CertificatesIssued", "Unknown", "WaitingForAgent")
    assert wait_for_bounce(certificate)["metadata"]["uid"] == written["metadata"]["uid"]

    ask_for_restart(certificate, part=2)
    found = wait_for(
        lambda: list_bounces(certificate.cluster, certificate.name), lambda each: len(each) == 2
    )
    assert [each["metadata"]["name"][-2:] for each in found] == ["-1", "-2"]


def test_nothing_is_restarted_where_the_policy_does_not_say_so(
    operator: OperatorProcess, certificate: Certificate, make_policy: MakePolicy, names: Names
) -> None:
    policy = make_policy(names)
    ask_for_restart(certificate)
    wait_until_heard(policy)
    nudge_and_wait(operator, policy)
    assert list_bounces(certificate.cluster, certificate.name) == []
    policy.apply({**names.build_changes(), **RESTARTS})
    wait_for_bounce(certificate)


@pytest.mark.usefixtures("operator")
def test_a_mesh_that_lies_elsewhere_has_nothing_restarted(
    certificate: Certificate, make_policy: MakePolicy, names: Names
) -> None:
    """Who may write Meshes in a namespace could have any other one restarted."""
    policy = make_policy(names, RESTARTS)
    ask_for_restart(certificate, lies_in=certificate.namespace)
    wait_until_heard(policy)
    assert list_bounces(certificate.cluster, certificate.name) == []
    ask_for_restart(certificate)
    wait_for_bounce(certificate)


def test_a_change_that_the_hub_has_not_made_restarts_nothing(
    operator: OperatorProcess, certificate: Certificate, make_policy: MakePolicy, names: Names
) -> None:
    """Such as one that somebody in the cluster makes up, who may write a Mesh's status."""
    policy = make_policy(names, RESTARTS)
    ask_for_restart(certificate, trustHash="b" * 64)
    wait_until_heard(policy)
    nudge_and_wait(operator, policy)
    assert list_bounces(certificate.cluster, certificate.name) == []
    ask_for_restart(certificate)
    assert wait_for_bounce(certificate)["spec"]["trustHash"] != "b" * 64
