"""istio's agent in a workload's pod: it keeps the certificate in files, without Envoy."""

from collections.abc import Mapping
from typing import Any

from testbed.istio import AGENT_IMAGE

CERTIFICATES = "/etc/certs"

_USER = 1337
_MOUNTS = {
    "certificates": CERTIFICATES,
    "root": "/var/run/secrets/istio",
    "token": "/var/run/secrets/tokens",
    "proxy": "/etc/istio/proxy",
    "socket": "/var/run/secrets/workload-spiffe-uds",
}
_FIELDS = {
    "POD_NAME": "metadata.name",
    "POD_NAMESPACE": "metadata.namespace",
    "INSTANCE_IP": "status.podIP",
    "SERVICE_ACCOUNT": "spec.serviceAccountName",
}


def add_agent(
    spec: Mapping[str, Any], *, namespace: str, certificate_seconds: int
) -> dict[str, Any]:
    """Return a pod's spec with the agent in it; its containers find its files in CERTIFICATES.

    They start once the first certificate is there.
    """
    shared = {"name": "certificates", "mountPath": CERTIFICATES}
    containers = [
        {**each, "volumeMounts": [*each.get("volumeMounts", ()), shared]}
        for each in spec["containers"]
    ]
    return {
        **spec,
        "securityContext": {"runAsUser": _USER, "runAsGroup": _USER, "fsGroup": _USER},
        "initContainers": [
            *spec.get("initContainers", ()),
            _build_agent(namespace, certificate_seconds),
        ],
        "containers": containers,
        "volumes": [*spec.get("volumes", ()), *_build_volumes()],
    }


def _build_agent(namespace: str, certificate_seconds: int) -> dict[str, Any]:
    environment = {
        "DISABLE_ENVOY": "true",
        "OUTPUT_CERTS": CERTIFICATES,
        "SECRET_TTL": f"{certificate_seconds}s",
        "CA_ADDR": "istiod.istio-system.svc:15012",
        "PROXY_CONFIG": "{}",
        "ISTIO_META_CLUSTER_ID": "Kubernetes",
    }
    return {
        "name": "istio-proxy",
        "image": AGENT_IMAGE,
        "imagePullPolicy": "Never",
        "restartPolicy": "Always",
        "workingDir": "/",
        "args": ["proxy", "sidecar", "--domain", f"{namespace}.svc.cluster.local"],
        "env": [
            *({"name": name, "value": value} for name, value in environment.items()),
            *(
                {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
                for name, path in _FIELDS.items()
            ),
        ],
        "startupProbe": {
            "exec": {"command": ["test", "-s", f"{CERTIFICATES}/root-cert.pem"]},
            "periodSeconds": 1,
            "failureThreshold": 60,
        },
        "volumeMounts": [{"name": name, "mountPath": path} for name, path in _MOUNTS.items()],
    }


def _build_volumes() -> list[dict[str, Any]]:
    token = {"audience": "istio-ca", "expirationSeconds": 3600, "path": "istio-token"}
    return [
        {"name": "certificates", "emptyDir": {"medium": "Memory"}},
        {"name": "root", "configMap": {"name": "istio-ca-root-cert"}},
        {"name": "token", "projected": {"sources": [{"serviceAccountToken": token}]}},
        {"name": "proxy", "emptyDir": {}},
        {"name": "socket", "emptyDir": {}},
    ]
