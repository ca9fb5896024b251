"""The kinds of the Prometheus operator, which take whatever they are given."""

from __future__ import annotations

import json
from typing import Any

KINDS = ("PodMonitor", "ServiceMonitor", "PrometheusRule")


def build_prometheus_kinds() -> str:
    """Return them as one document that kubectl takes."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": [*map(_build_kind, KINDS)]})


def _build_kind(kind: str) -> dict[str, Any]:
    group, plural = "monitoring.coreos.com", f"{kind.lower()}s"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural},
            "scope": "Namespaced",
            "versions": [{**version, "schema": {"openAPIV3Schema": schema}}],
        },
    }
