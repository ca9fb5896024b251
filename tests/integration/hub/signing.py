"""Where the root signs for agents, and what they have to ask for."""

from __future__ import annotations

from tests.integration.hub.policy import Policy

PINNED = {
    "common_name": "roottrust istiod CA cluster1",
    "max_path_length": "0",
    "ttl": "768h",  # what the guide's mount, which nobody tuned, allows
}


def build_sign_path(policy: Policy) -> str:
    """Return the path, as agents learn it from status."""
    root = policy.read_status()["root"]
    return f"{root['mount']}/issuer/{root['issuer']}/sign-intermediate"
