"""What the agent beside istiod may do in its namespace, given to istiod's ServiceAccount."""

from __future__ import annotations

from typing import Any

from roottrust.api.kind import ISSUED_CERTIFICATE
from roottrust.domain.published_bundle import CONFIG_MAP

_GROUP = "rbac.authorization.k8s.io"


def build_agent_rbac(namespace: str, service_account: str) -> tuple[dict[str, Any], ...]:
    """Return the Role and its RoleBinding; two revisions have one each, by their account's name."""
    name = f"roottrust-agent-{service_account}"
    metadata = {"name": name, "namespace": namespace}
    subject = {"kind": "ServiceAccount", "name": service_account, "namespace": namespace}
    role = {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "Role",
        "metadata": metadata,
        "rules": _build_rules(),
    }
    binding = {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": _GROUP, "kind": "Role", "name": name},
        "subjects": [subject],
    }
    return role, binding


def _build_rules() -> list[dict[str, Any]]:
    group, plural = ISSUED_CERTIFICATE.group, ISSUED_CERTIFICATE.plural
    return [
        {"apiGroups": [group], "resources": [plural], "verbs": ["list", "watch"]},
        {"apiGroups": [group], "resources": [f"{plural}/status"], "verbs": ["patch"]},
        {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch"]},
        # What the cluster trusts today, which an agent that starts must not depart from.
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "resourceNames": [CONFIG_MAP],
            "verbs": ["get"],
        },
    ]
