"""The operator's configuration, as a cluster with one Vault has it."""

from __future__ import annotations

from typing import Any

from testbed import Vault
from tests.integration.hub.names import GRANT

DELETION_SECONDS = 12
SERVER = "https://vault.example:8200"


def build_config(vault: Vault, login: dict[str, Any]) -> dict[str, Any]:
    """Return the operator's configuration for a Vault that policies know as vault.example."""
    server = {
        "endpoint": vault.address,
        "caFile": str(vault.ca_file),
        "login": login,
        "grants": [GRANT],
    }
    return {
        "cluster": {"name": "cluster1", "labels": {"env": "prod"}},
        "resyncSeconds": 10,  # the least
        "deletionSeconds": DELETION_SECONDS,
        "kubeletSeconds": 2,  # no pod is concerned
        "leaderElection": {"enabled": False},  # a killed one would be waited for
        "logging": {"format": "console", "level": "DEBUG"},
        "vaultServers": [
            {"address": SERVER, **server},
            {"address": SERVER.replace("https", "http"), **server},
        ],
    }
