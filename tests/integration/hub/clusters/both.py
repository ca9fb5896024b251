"""A policy for both clusters."""

from __future__ import annotations

from typing import Any


def select_both(namespace: str) -> dict[str, Any]:
    """Return what has a policy serve both clusters, for istiod in the test's namespace."""
    suffix = namespace.removeprefix("test-")
    vault = "spec.config.agentCa.vault"
    return {
        "spec.applyToMeshes": [{"istio": {"namespace": namespace}}],
        f"{vault}.csrPath": f"pki_int_${{cluster}}_{suffix}/intermediate/generate/exported",
        f"{vault}.kubernetesAuth.mountPath": f"/v1/auth/kube-${{cluster}}_{suffix}",
        f"{vault}.kubernetesAuth.role": f"gen-int-ca-istio-${{cluster}}_{suffix}",
    }
