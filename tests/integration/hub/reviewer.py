"""The account roottrust-reviewer as deploy/ ships it, and what status tells of its tokens."""

from __future__ import annotations

from pathlib import Path

from testbed import Cluster
from tests.integration.hub.istiod import Account
from tests.integration.hub.policy import Policy

MANIFEST = Path(__file__).parents[3] / "deploy/base/reviewer.yaml"
REVIEWER = "roottrust-reviewer"
PLACE = "--namespace=gloo-mesh"
USER = f"system:serviceaccount:gloo-mesh:{REVIEWER}"

Entry = dict[str, str]


def apply_reviewer(cluster: Cluster) -> None:
    """Make the account with its rights, and those that the hub has on it."""
    cluster.kubectl("apply", PLACE, "-f", MANIFEST)


def make_plain_account(cluster: Cluster, namespace: str, name: str) -> Account:
    """Make a ServiceAccount that may not review tokens."""
    cluster.kubectl("create", "serviceaccount", name, "-n", namespace)
    return Account(cluster, namespace=namespace, name=name)


def read_entry(policy: Policy) -> Entry:
    """Return what status tells of the policy's one token."""
    (entry,) = policy.read_status()["reviewerTokens"]
    found: Entry = entry
    return found
