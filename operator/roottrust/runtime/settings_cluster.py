"""The configuration of the operator that runs in a cluster, read by a person from outside.

It lies in the ConfigMap that the operator's Deployment mounts, as deploy/base makes both; a CA of
Vault that it names is in another one that the Deployment mounts beside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import CONFIG_MAPS, DEPLOYMENTS
from roottrust.runtime.settings import OperatorSettings
from roottrust.runtime.settings_file import parse_settings

SELECTOR = "app.kubernetes.io/name=roottrust,app.kubernetes.io/component=hub"
CONFIG_OPTION = "--config"


@dataclass(frozen=True, kw_only=True)
class ClusterConfiguration:
    """The settings of the operator in a cluster, and the texts that its files come from."""

    settings: OperatorSettings
    source: str
    files: Mapping[str, str]

    def find_file(self, path: str) -> str | None:
        """Return the text that the operator sees at a path, None if it is no ConfigMap's."""
        return self.files.get(path)


@dataclass(frozen=True, kw_only=True)
class _MountedFile:
    """One file in the operator's container, and the ConfigMap that it comes from."""

    config_map: str
    text: str


async def read_cluster_configuration(client: KubeClient, *, namespace: str) -> ClusterConfiguration:
    """Return what the operator in a namespace was told.

    Raises DependencyMissingError where there is no such operator, SettingsError for a
    configuration that cannot be used.
    """
    deployment = await _find_deployment(client, namespace)
    pod = deployment["spec"]["template"]["spec"]
    container = pod["containers"][0]
    files = await _read_files(client, pod, container, namespace=namespace)
    path = _find_config_path(container)
    if path is None or path not in files:
        raise _build_missing(
            f"Deployment {namespace}/{deployment['metadata']['name']} mounts no ConfigMap with "
            "the operator's configuration: give it by --config."
        )
    source = f"ConfigMap {namespace}/{files[path].config_map}"
    settings = parse_settings(
        files[path].text, source=source, command_line={"namespace": namespace, "roles": ["hub"]}
    )
    texts = {path: each.text for path, each in files.items()}
    return ClusterConfiguration(settings=settings, source=source, files=texts)


async def _find_deployment(client: KubeClient, namespace: str) -> Mapping[str, Any]:
    found = await client.list(DEPLOYMENTS, namespace=namespace, label_selector=SELECTOR)
    if len(found) != 1:
        count = "no Deployment" if not found else f"{len(found)} Deployments"
        raise _build_missing(
            f"Namespace {namespace} has {count} labelled {SELECTOR}: name the operator's namespace "
            "by --operator-namespace, or give its configuration by --config."
        )
    return found[0]


def _find_config_path(container: Mapping[str, Any]) -> str | None:
    words = [*(container.get("command") or ()), *(container.get("args") or ())]
    following = dict(pairwise(words))
    joined = next((word for word in words if word.startswith(f"{CONFIG_OPTION}=")), None)
    return joined.partition("=")[2] if joined else following.get(CONFIG_OPTION)


async def _read_files(
    client: KubeClient, pod: Mapping[str, Any], container: Mapping[str, Any], *, namespace: str
) -> dict[str, _MountedFile]:
    """Return what mounted ConfigMaps hold by the paths at which the operator sees it."""
    volumes = pod.get("volumes") or ()
    names = {each["name"]: each["configMap"]["name"] for each in volumes if "configMap" in each}
    files: dict[str, _MountedFile] = {}
    for mount in container.get("volumeMounts") or ():
        name = names.get(mount["name"])
        if name is None:
            continue
        found = await client.get(CONFIG_MAPS, name=name, namespace=namespace)
        data = (found or {}).get("data") or {}
        place, sub_path = PurePosixPath(mount["mountPath"]), mount.get("subPath")
        if sub_path:
            data = {"": data[sub_path]} if sub_path in data else {}
        for key, text in data.items():
            files[str(place / key)] = _MountedFile(config_map=name, text=text)
    return files


def _build_missing(message: str) -> DependencyMissingError:
    return DependencyMissingError(message, reason=Reason.INVALID_SPEC)
