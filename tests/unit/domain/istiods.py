"""Deployments of istiod as its chart renders them, and what others make of them."""

from __future__ import annotations

from typing import Any

from roottrust.domain.istiod_patch import PatchRequest
from roottrust.domain.istiod_patch_pod import AgentForm

IMAGE = "registry.example/roottrust:0.1.0"
AUDIENCE = "vault-cluster1"
CACERTS = {"name": "cacerts", "secret": {"secretName": "cacerts", "optional": "true"}}


def build_request(
    *,
    audience: str | None = AUDIENCE,
    is_native_sidecar: bool = False,
    namespace: str | None = None,
    brings_rbac: bool = True,
) -> PatchRequest:
    form = AgentForm(image=IMAGE, audience=audience, is_native_sidecar=is_native_sidecar)
    return PatchRequest(form=form, namespace=namespace, brings_rbac=brings_rbac)


def build_istiod(
    *,
    name: str = "istiod",
    namespace: str | None = "istio-system",
    env: dict[str, str] | None = None,
    args: tuple[str, ...] = ("discovery",),
    cacerts: dict[str, Any] | None = None,
    discovery: dict[str, Any] | None = None,
    pod: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Build a Deployment; `discovery` and `pod` are merged into the container and the pod."""
    container = {
        "name": "discovery",
        "image": "registry.example/pilot:1.30.0",
        "args": list(args),
        "env": [{"name": key, "value": value} for key, value in (env or {}).items()],
        "volumeMounts": [{"name": "cacerts", "mountPath": "/etc/cacerts", "readOnly": "true"}],
        **(discovery or {}),
    }
    spec = {
        "serviceAccountName": name,
        "containers": [container],
        "volumes": [
            {"name": "local-certs", "emptyDir": {"medium": "Memory"}},
            CACERTS if cacerts is None else cacerts,
        ],
        **(pod or {}),
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            **({} if namespace is None else {"namespace": namespace}),
            "labels": {"app": "istiod"},
        },
        "spec": {"template": {"metadata": {"labels": {"app": "istiod"}}, "spec": spec}},
    }


def build_secret(
    name: str, *, kind: str = "Secret", namespace: str | None = "istio-system", **rest: Any
) -> dict[str, Any]:
    metadata = {"name": name, **({} if namespace is None else {"namespace": namespace})}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **rest}


def read_pod(deployment: dict[str, Any]) -> dict[str, Any]:
    pod: dict[str, Any] = deployment["spec"]["template"]["spec"]
    return pod


def names(items: list[dict[str, Any]]) -> list[str]:
    return [each["name"] for each in items]
