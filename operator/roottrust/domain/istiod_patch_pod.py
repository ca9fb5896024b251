"""The agent in istiod's pods: its containers, and the volumes that it shares with istiod.

`deploy/istiod/` has the same for kustomize and as values of the chart; a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from roottrust.domain.agent_place import CA_FOLDER, PORT, VAULT_TOKEN_FILE
from roottrust.domain.istiod_manifest import IstiodManifest
from roottrust.domain.manifest import Manifest, read_list, read_mapping

AGENT = "istiod-agent"
AGENT_INIT = "istiod-agent-init"
CA_VOLUME = "cacerts"
TOKEN_VOLUME = "roottrust-vault-token"  # noqa: S105 - the name of a volume
TOKEN_SECONDS = 600  # the shortest that Kubernetes makes

_TOKEN_FOLDER, _TOKEN_FILE = VAULT_TOKEN_FILE.rsplit("/", 1)
_ISTIOD_USER = 1337  # of istiod's image; files that the agent writes are for its own user alone


@dataclass(frozen=True, kw_only=True)
class AgentForm:
    """Which agent is put beside istiod.

    `audience` is that of its token for Vault; None has it log in with the pod's own API token. As
    a native sidecar (Kubernetes 1.29) it is one container, otherwise an init container and another.
    """

    image: str
    audience: str | None
    is_native_sidecar: bool


def add_agent(istiod: IstiodManifest, form: AgentForm) -> dict[str, Any]:
    """Return the Deployment with the agent: istiod reads its CA from memory, where the agent is."""
    pod = istiod.pod
    user = _find_user(istiod)
    if form.is_native_sidecar:
        first, beside = [_build_native_sidecar(form, user)], []
    else:
        first, beside = [_build_init_container(form, user)], [_build_sidecar(form, user)]
    added = {
        "initContainers": [*read_list(pod.get("initContainers")), *first],
        "containers": [*read_list(pod.get("containers")), *beside],
        "volumes": [*map(_replace_ca_volume, read_list(pod.get("volumes"))), *_build_volumes(form)],
    }
    return istiod.replace_pod({**pod, **added})


def _replace_ca_volume(volume: Any) -> Any:
    if read_mapping(volume).get("name") != CA_VOLUME:
        return volume
    return {"name": CA_VOLUME, "emptyDir": {"medium": "Memory", "sizeLimit": "16Mi"}}


def _build_volumes(form: AgentForm) -> list[dict[str, Any]]:
    if form.audience is None:
        return []
    token = {"audience": form.audience, "expirationSeconds": TOKEN_SECONDS, "path": _TOKEN_FILE}
    sources = [{"serviceAccountToken": token}]
    return [{"name": TOKEN_VOLUME, "projected": {"sources": sources}}]


def _build_init_container(form: AgentForm, user: Manifest) -> dict[str, Any]:
    return _build_container(AGENT_INIT, "init-container", form, user)


def _build_sidecar(form: AgentForm, user: Manifest) -> dict[str, Any]:
    return _build_container(AGENT, "sidecar", form, user) | _build_serving()


def _build_native_sidecar(form: AgentForm, user: Manifest) -> dict[str, Any]:
    """Build one that istiod waits for: without the probe istiod would start and sign itself.

    The agent waits for Vault by itself, so that it gets an hour before it is started again.
    """
    probe = _build_probe("/startupz") | {"periodSeconds": 1, "failureThreshold": 3600}
    container = _build_container(AGENT, "agent", form, user) | _build_serving()
    return container | {"restartPolicy": "Always", "startupProbe": probe}


def _build_container(name: str, command: str, form: AgentForm, user: Manifest) -> dict[str, Any]:
    mounts: list[dict[str, Any]] = [{"name": CA_VOLUME, "mountPath": CA_FOLDER}]
    if form.audience is not None:
        mounts += [{"name": TOKEN_VOLUME, "mountPath": _TOKEN_FOLDER, "readOnly": True}]
    return {
        "name": name,
        "image": form.image,
        "imagePullPolicy": "IfNotPresent",
        "args": [command],
        "env": _build_environment(),
        # A request for the CPU is not for the agent's sake: without, istiod is not scaled.
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        "securityContext": {
            **user,
            "runAsNonRoot": True,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": mounts,
    }


def _build_environment() -> list[dict[str, Any]]:
    """Build what the guide's patch has as well."""
    fields = {
        "POD_NAME": "metadata.name",
        "POD_NAMESPACE": "metadata.namespace",
        "SERVICE_ACCOUNT": "spec.serviceAccountName",
    }
    return [
        {"name": "PILOT_CERT_PROVIDER", "value": "istiod"},
        *(
            {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
            for name, path in fields.items()
        ),
    ]


def _build_serving() -> dict[str, Any]:
    """Build its port; ready is what istiod is, whatever the agent is waiting for."""
    return {
        "ports": [{"name": "http-agent", "containerPort": PORT}],
        "livenessProbe": _build_probe("/livez") | {"periodSeconds": 20},
    }


def _build_probe(path: str) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": PORT}, "timeoutSeconds": 5}


def _find_user(istiod: IstiodManifest) -> dict[str, Any]:
    """Return the user and group of istiod: nobody else can read the key that the agent writes."""
    contexts = [istiod.discovery or {}, istiod.pod]
    return {
        key: next(filter(None, (_read_context(each).get(key) for each in contexts)), _ISTIOD_USER)
        for key in ("runAsUser", "runAsGroup")
    }


def _read_context(part: Manifest) -> Mapping[str, Any]:
    return read_mapping(part.get("securityContext"))
