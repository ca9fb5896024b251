"""What agents reported goes with their pods."""

from __future__ import annotations

import pytest

from tests.integration.cluster.issued import Issued
from tests.integration.cluster.istiod import Istiod
from tests.integration.cluster.roots import ROOT
from tests.integration.hub.operator_process import OperatorProcess

FIRST, SECOND, THIRD = (f"istiod-6d4cf7b5f9-{suffix}" for suffix in ("aaaaa", "bbbbb", "ccccc"))


@pytest.mark.usefixtures("role")
def test_the_entry_of_a_pod_that_is_gone_is_removed(istiod: Istiod) -> None:
    issued = Issued(istiod)
    for pod in (FIRST, SECOND, THIRD):
        istiod.create_pod(pod)
    issued.create(ROOT)
    for pod in (FIRST, SECOND, THIRD):
        issued.report(pod)
    istiod.delete_pod(SECOND)
    issued.wait_for_pods(FIRST, THIRD)


def test_entries_of_pods_that_went_while_nobody_looked_are_removed_after_a_restart(
    role: OperatorProcess, istiod: Istiod
) -> None:
    role.stop()
    issued = Issued(istiod)
    istiod.create_pod(SECOND)
    issued.create(ROOT)
    for pod in (FIRST, SECOND, THIRD):
        issued.report(pod)
    role.start()
    issued.wait_for_pods(SECOND)
    writes = role.sum_metric(
        "roottrust_kubernetes_writes_total", kind="issuedcertificates.internal.gloo.solo.io"
    )
    assert writes == 1
