"""A tool applies policies from Git, the hub works beside it: neither writes what the other does."""

from __future__ import annotations

from typing import Any

import pytest

from testbed import Cluster
from tests.integration.hub.names import Names
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.policy import KIND, Policy
from tests.integration.kube_api import read_object
from tests.integration.kube_writes import apply_dry, apply_object
from tests.integration.manifests.table import change, read_base

MANAGER = "argocd-controller"


@pytest.fixture
def manifest(names: Names, namespace: str) -> dict[str, Any]:
    """A policy as it is in Git, for which the hub needs its finalizer."""
    named = {"metadata.name": "mine", "metadata.namespace": namespace}
    deletion = {"spec.management.deletionPolicy": "Delete"}
    return change(read_base("guide"), {**names.build_changes(), **named, **deletion})


def test_after_the_hubs_work_there_is_nothing_to_apply_and_no_conflict(
    operator: OperatorProcess, cluster: Cluster, namespace: str, manifest: dict[str, Any]
) -> None:
    apply_object(cluster, manifest, manager=MANAGER)
    policy = Policy(cluster=cluster, namespace=namespace, name="mine")
    policy.wait_for("VaultConfigured", "True")
    after = read_object(cluster, KIND, namespace, "mine")
    assert after["metadata"]["finalizers"]
    assert after["metadata"]["generation"] == 1
    again, warning = apply_dry(cluster, manifest, manager=MANAGER)
    assert warning == ""
    assert again["spec"] == after["spec"]
    assert again["status"] == after["status"]
    for field in ("finalizers", "labels", "annotations"):
        assert again["metadata"].get(field) == after["metadata"].get(field)
