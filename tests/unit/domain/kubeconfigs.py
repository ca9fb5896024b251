"""Secrets that register clusters, and the kubeconfigs in them."""

from __future__ import annotations

import base64
from typing import Any

import yaml

from tests.unit.domain.certificates import build_pem

CA_PEM = build_pem()
SERVER = "https://10.0.0.2:6443"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJodWIifQ.c2lnbmF0dXJl"


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def build_text(
    *,
    cluster: dict[str, Any] | None = None,
    user: dict[str, Any] | None = None,
    **changes: Any,
) -> str:
    """Return a kubeconfig that can be used, with changes; None takes a field out."""
    place = {"server": SERVER, "certificate-authority-data": encode(CA_PEM), **(cluster or {})}
    who = {"token": TOKEN, **(user or {})}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": _drop(place)}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
        "users": [{"name": "u", "user": _drop(who)}],
        **changes,
    }
    return yaml.safe_dump(_drop(document))


def build_secret(
    name: str = "cluster-c2", *, clusters: dict[str, str] | None = None, **metadata: Any
) -> dict[str, Any]:
    """Return the Secret that registers clusters by their kubeconfigs."""
    given = clusters if clusters is not None else {"c2": build_text()}
    return {
        "metadata": {
            "namespace": "gloo-mesh",
            "name": name,
            "labels": {"istio/multiCluster": "true", "env": "prod"},
            **metadata,
        },
        "data": {key: encode(text) for key, text in given.items()},
    }


def _drop(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
