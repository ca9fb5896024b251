"""What an API server writes down of who asked for what, and whether that was allowed."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# The control plane's own requests are most of all, and say nothing of who is tested.
_OWN_USERS = (
    "system:apiserver",
    "system:kube-controller-manager",
    "system:kube-proxy",
    "system:kube-scheduler",
)
_OWN_GROUPS = ("system:nodes", "system:serviceaccounts:kube-system")
# Above this a log would be cut in two.
_MEGABYTES = 4096


def log_file(folder: Path) -> Path:
    """Say where the log of a cluster is, below whose folder everything of it is."""
    return folder / "audit.log"


def prepare(folder: Path) -> Sequence[str]:
    """Write the policy of it, and return what the API server is told."""
    policy = folder / "audit-policy.json"
    policy.write_text(json.dumps(_build_policy()))
    return (
        f"--audit-policy-file={policy}",
        f"--audit-log-path={log_file(folder)}",
        f"--audit-log-maxsize={_MEGABYTES}",
    )


def _build_policy() -> dict[str, Any]:
    """Keep of each request who, what and whether, and nothing of its content."""
    return {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [
            {"level": "None", "users": list(_OWN_USERS)},
            {"level": "None", "userGroups": list(_OWN_GROUPS)},
            {"level": "Metadata"},
        ],
    }
