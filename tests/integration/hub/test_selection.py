"""What a policy says whose selector matches no istiod, on the real API server."""

from __future__ import annotations

import pytest

from testbed import Cluster
from tests.integration.hub.mesh import put_mesh
from tests.integration.hub.names import Names
from tests.integration.hub.policy import MakePolicy

pytestmark = pytest.mark.usefixtures("operator")


def test_a_policy_that_matches_no_istiod_says_which_label_keeps_it_from_one(
    cluster: Cluster, make_policy: MakePolicy, names: Names, namespace: str
) -> None:
    """The label is the one that the guide's page shows beside `app: istiod`."""
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account="istiod")
    istio = {
        "clusterSelector": {"cluster": "cluster1"},
        "namespace": namespace,
        "selector": {"app": "istiod", "vault": "cluster1"},
    }
    policy = make_policy(names, {"spec.applyToMeshes": [{"istio": istio}]})
    near = f"selector vault: cluster1, but istiod-{namespace}-cluster1 has no label vault."
    ready = policy.wait_for("Ready", "True", "NoMeshSelected")
    assert ready["message"] == f"Vault is ready for istiod of cluster1; none matches: {near}"
    status = policy.read_status()
    assert status["state"] == "WARNING"
    assert f"No istiod matches: {near}" in status["warnings"]
    issued = policy.read_conditions()["CertificatesIssued"]
    assert issued["message"] == f"No istiod in cluster1 matches: {near}"
    policy.apply(names.build_changes())
    policy.wait_for("CertificatesIssued", "Unknown", "WaitingForAgent")
    assert "No istiod" not in str(policy.read_status())
