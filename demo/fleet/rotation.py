"""New intermediates for all clusters, which nobody who connects meanwhile notices."""

from __future__ import annotations

import json
from collections.abc import Mapping

from demo.errors import DemoError
from demo.fleet import talk
from demo.fleet.mesh import PLACE, build_mesh_name
from demo.fleet.stage import MEMBERS
from demo.fleet.talk import Talk
from demo.shell import Shell
from demo.waiting import wait_until


def rotate(shell: Shell) -> None:
    """Rotate, and show that every istiod has another intermediate."""
    before = _read_serials(shell)
    shell.run("roottrust", "rotate", "intermediate")
    after = _read_serials(shell)
    for cluster in MEMBERS:
        if before[cluster] == after[cluster]:
            raise DemoError(f"istiod of {cluster} has the intermediate that it had before.")
        shell.narrator.output(f"{cluster}  {before[cluster]}\n       →  {after[cluster]}")


def list_pods(shell: Shell) -> dict[str, int]:
    """Return every pod of both clusters with the number of its restarts."""
    pods: dict[str, int] = {}
    for cluster in MEMBERS:
        words = ("get", "pods", "--all-namespaces", f"--context={cluster}", "--output=json")
        pods |= read_restarts(shell.run("kubectl", *words, show=False))
    return pods


def read_restarts(document: str) -> dict[str, int]:
    """Read from a list of pods in JSON how often each one's containers were started again.

    Pods that are on their way out do not count.
    """
    return {
        each["metadata"]["uid"]: sum(
            container["restartCount"]
            for kind in ("containerStatuses", "initContainerStatuses")
            for container in each["status"].get(kind, ())
        )
        for each in json.loads(document)["items"]
        if "deletionTimestamp" not in each["metadata"]
    }


def wait_for_workloads(shell: Shell, before: list[str]) -> None:
    """Wait until the workloads' own certificates are signed by the new intermediates, too."""
    with shell.narrator.waiting("waiting for workloads to get new certificates"):
        wait_until(
            lambda: not set(talk.find_signers(shell)) & set(before),
            "Workloads still have certificates of the old intermediates",
            seconds=60,
        )
    shell.narrator.good("Their own certificates are signed by the new intermediates by now.")


def tell_of_talks(shell: Shell, talks: list[Talk], pods: Mapping[str, int]) -> None:
    """Tell what became of those who connected meanwhile, and of the pods that there were."""
    total = sum(each.total for each in talks)
    for each in talks:
        if each.errors or each.refused:
            raise DemoError(
                f"Of {each.total} connections some have failed: {each.errors | each.refused}."
            )
    if list_pods(shell) != pods:
        raise DemoError("A pod was restarted or replaced, which no rotation should need.")
    shell.narrator.good(f"{total} new connections between the clusters meanwhile, and none failed.")
    shell.narrator.good(f"The same {len(pods)} pods as before, and none was restarted.")


def _read_serials(shell: Shell) -> dict[str, str]:
    return {cluster: _read_serial(shell, cluster) for cluster in MEMBERS}


def _read_serial(shell: Shell, cluster: str) -> str:
    words = ("get", "issuedcertificates", build_mesh_name(cluster), PLACE, f"--context={cluster}")
    path = "--output=jsonpath={.status.instances[*].serial}"
    return shell.run("kubectl", *words, path, show=False).strip()
