"""Rights that are needed only where the tests beside an API server cannot be, with the reason."""

from __future__ import annotations

from tests.integration.audit.granted import Granted

_NO_PODS = "A pod of istiod is needed: tests/e2e/test_verify.py goes this way."

UNPLAYED = {
    Granted("Role roottrust-verify", "create", "", "pods/portforward"): _NO_PODS,
    Granted("Role roottrust-verify", "get", "", "pods/portforward"): (
        f"{_NO_PODS} Kubernetes before 1.30 asks for get, newer ones for create alone."
    ),
    Granted("ClusterRole roottrust-cluster", "patch", "admin.gloo.solo.io", "roottrustpolicies"): (
        "The hub's finalizer is taken off five minutes after the hub should have done it: "
        "tests/unit/cluster/test_policy_release.py has a clock."
    ),
}

# Files of deploy/ whose rights no judgement has, with the reason.
NOT_JUDGED = {
    "uninstall/rbac.yaml": "It is called in clusters that do not last: "
    "tests/integration/chart/test_before_uninstall.py plays it, and its log goes with them.",
}
