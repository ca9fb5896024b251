"""A new intermediate by one field of the policy, and istiod that goes on running."""

from __future__ import annotations

import json
from dataclasses import dataclass

from demo.errors import DemoError
from demo.mesh import MESH, PLACE
from demo.policy import POLICY
from demo.prepare import HUB_NAMESPACE
from demo.shell import Shell
from demo.waiting import wait_until

_GENERATION = 2
# istiod's own words, in its log.
_LOADED = "updated its key and certs"


@dataclass(frozen=True)
class Instance:
    """What the agent beside one istiod reports."""

    pod: str
    serial: str
    generation: int
    is_loaded: bool


def renew(shell: Shell) -> None:
    """Ask for another generation; wait until istiod signs with it, in the same pod."""
    before = _read_instance(shell)
    patch = json.dumps({"spec": {"rotation": {"intermediateGeneration": _GENERATION}}})
    place = f"--namespace={HUB_NAMESPACE}"
    shell.run("kubectl", "patch", POLICY, place, "--type=merge", f"--patch={patch}")
    took = wait_until(
        lambda: _is_served(_read_instance(shell)), "istiod does not serve the new intermediate"
    )
    after = _read_instance(shell)
    shell.narrator.output(f"serial  {before.serial}\n     →  {after.serial}")
    shell.narrator.good(f"istiod signs with the new intermediate, {took:.1f} s later.")
    _show_same_pod(shell, before, after)


def read_instances(document: str) -> list[Instance]:
    """Read them from an IssuedCertificate in JSON; none before an agent has reported."""
    status = json.loads(document).get("status", {})
    return [
        Instance(
            pod=each["pod"],
            serial=each.get("serial", ""),
            generation=each.get("intermediateGeneration", 0),
            is_loaded=each.get("loadedByIstiod", False),
        )
        for each in status.get("instances", [])
    ]


def find_loading(log: str) -> str:
    """Find the last line in which istiod says that it took another intermediate."""
    said = [line for line in log.splitlines() if _LOADED in line]
    return "\n".join(["…", *said[-1:]])


def _is_served(instance: Instance) -> bool:
    return instance.generation == _GENERATION and instance.is_loaded


def _read_instance(shell: Shell) -> Instance:
    words = ("get", "issuedcertificates", MESH, PLACE, "--output=json")
    instances = read_instances(shell.run("kubectl", *words, show=False))
    if len(instances) != 1:
        raise DemoError(f"One istiod runs, and {len(instances)} agents have reported.")
    return instances[0]


def _show_same_pod(shell: Shell, before: Instance, after: Instance) -> None:
    words = ("logs", "deployment/istiod", PLACE, "--container=discovery")
    shell.show("kubectl", *words, excerpt=find_loading)
    shell.run("kubectl", "get", "pods", PLACE)
    restarts = _count_restarts(shell)
    if after.pod != before.pod or restarts:
        raise DemoError("istiod was restarted, which no renewal should need.")
    shell.narrator.good("It is the same pod, without a restart.")


def _count_restarts(shell: Shell) -> int:
    path = "{.items[*].status.containerStatuses[*].restartCount}"
    words = ("get", "pods", PLACE, "--selector=app=istiod", f"--output=jsonpath={path}")
    return sum(map(int, shell.run("kubectl", *words, show=False).split()))
