"""istiod in a pod by its own charts: as it comes, or with roottrust's agent beside it."""

from __future__ import annotations

import yaml

from demo.errors import DemoError
from demo.excerpt import read_messages
from demo.fleet.stage import IMAGE
from demo.folder import Folder
from demo.shell import Shell
from demo.waiting import wait_until
from testbed.istio import ISTIOD_VALUES

NAMESPACE = "istio-system"
PLACE = f"--namespace={NAMESPACE}"

_VALUES = "istiod-values.yaml"
_SEVERAL_ROOTS = {"env": {"ISTIO_MULTIROOT_MESH": "true"}}
_ISSUED = "Issued"
_UPGRADE = ("helm", "upgrade", "--install")
_WAIT = ("--wait", "--timeout=100s", "--hide-notes")


def build_mesh_name(cluster: str) -> str:
    """Name the Mesh, and the IssuedCertificate, of a cluster's istiod."""
    return f"istiod-{NAMESPACE}-{cluster}"


def prepare(shell: Shell, folder: Folder, *, takes_several_roots: bool) -> None:
    """Have Helm know our post-renderer, and istiod be content with a small machine."""
    shell.run("helm", "plugin", "install", "deploy/istiod/helm-plugin", show=False)
    values = {**ISTIOD_VALUES, **(_SEVERAL_ROOTS if takes_several_roots else {})}
    folder.write(_VALUES, yaml.safe_dump(values, sort_keys=False))


def install_kinds(shell: Shell, cluster: str) -> None:
    """Install what istiod wants to find."""
    place = (PLACE, "--create-namespace", f"--kube-context={cluster}")
    shell.run(*_UPGRADE, "istio-base", _find_chart(shell, "base"), *place, *_WAIT, show=False)


def install_as_it_comes(shell: Shell, folder: Folder, cluster: str) -> None:
    """Install an istiod that makes a root for itself."""
    shell.run(*_build_command(shell, folder, cluster), *_WAIT, show=False)


def install_with_agent(shell: Shell, folder: Folder, *clusters: str) -> None:
    """Install istiod, or upgrade it, with the agent that `roottrust istiod-patch` puts in."""
    shell.do_together(*(_build_patched(shell, folder, each) for each in clusters))
    for each in clusters:
        _show_agent_log(shell, each)


def _show_agent_log(shell: Shell, cluster: str) -> None:
    """Show how an agent obtained the first intermediate of its istiod.

    Pods of before may still be there, without an agent; one that has just begun tells nothing.
    """
    context = f"--context={cluster}"
    words = ("get", "pods", PLACE, context, "--selector=app=istiod", "--output=name")
    logs: dict[tuple[str, ...], str] = {}

    def is_told() -> bool:
        for pod in shell.run("kubectl", *words, show=False).split():
            command = ("kubectl", "logs", pod, PLACE, context, "--container=istiod-agent-init")
            answer = shell.ask(*command)
            if answer.ok and _ISSUED in answer.output:
                logs[command] = answer.output
        return bool(logs)

    wait_until(is_told, f"No agent in {cluster} has told of its intermediate")
    command, log = logs.popitem()
    shell.narrator.command(command)
    shell.narrator.output(read_messages(log))


def _build_patched(shell: Shell, folder: Folder, cluster: str) -> tuple[str, ...]:
    renderer = (f"--cluster={cluster}", f"--image={IMAGE}")
    return (
        *_build_command(shell, folder, cluster),
        "--post-renderer=roottrust",
        *(f"--post-renderer-args={each}" for each in renderer),
        *_WAIT,
    )


def _build_command(shell: Shell, folder: Folder, cluster: str) -> tuple[str, ...]:
    chart = _find_chart(shell, "istiod")
    values = f"--values={folder.file(_VALUES)}"
    return (*_UPGRADE, "istiod", chart, PLACE, f"--kube-context={cluster}", values)


def _find_chart(shell: Shell, name: str) -> str:
    if shell.stage.istio is None:
        raise DemoError("There is no image of istiod for this cluster.")
    return str(shell.stage.istio.charts / name)
