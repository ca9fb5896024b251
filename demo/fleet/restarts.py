"""A mesh that changes its root, and the restarts that follow in order."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from demo.errors import DemoError
from demo.fleet import mesh
from demo.fleet.stage import OLD_MESH
from demo.fleet.talk import Talk
from demo.fleet.workloads import GATEWAY, REVIEWS
from demo.fleet.workloads import PLACE as WORKLOADS
from demo.folder import Folder
from demo.operator_access import HUB_NAMESPACE
from demo.shell import Shell
from demo.waiting import wait_until

_CONTEXT = f"--context={OLD_MESH}"
_GET = ("kubectl", "get", "podbouncedirectives", f"--namespace={HUB_NAMESPACE}", _CONTEXT)
_ORDER = ["istiod", GATEWAY.name, REVIEWS.name]
_OTHER_ROOT = "self-signed certificate in certificate chain"  # OpenSSL's words


@dataclass(frozen=True)
class Restart:
    """One workload that was restarted, and when."""

    started_at: str
    place: str

    @property
    def line(self) -> str:
        """Say it in one line."""
        return f"{self.started_at[11:19]}  {self.place}"


def change_root(shell: Shell, folder: Folder) -> None:
    """Put the agent beside an istiod that signs by itself, and follow what it leads to."""
    mesh.install_with_agent(shell, folder, OLD_MESH)
    secret = ("delete", "secret", "istio-ca-secret", mesh.PLACE, _CONTEXT)
    shell.do("kubectl", *secret)
    shell.narrator.command(_GET)
    told: list[str] = []

    def is_finished() -> bool:
        status = _read_status(shell)
        message = status.get("message")
        if message and message not in told:
            told.append(message)
            shell.narrator.output(message)
        if status.get("state") == "FAILED":
            raise DemoError(f"The restarts have failed: {message}")
        return status.get("state") == "FINISHED"

    with shell.narrator.waiting("restarting in order"):
        took = wait_until(is_finished, "Not everything is restarted", seconds=120)
    found = read_restarts(_read_status(shell))
    for each in found:
        shell.narrator.output(each.line)
    if [each.place.rpartition("/")[2] for each in found] != _ORDER:
        raise DemoError(f"Restarts have not gone by the order {', '.join(_ORDER)}.")
    shell.narrator.good(f"istiod, then its gateway, then its workloads, in {took:.0f} s.")
    wait_until(lambda: not _find_leaving(shell), "Old pods of workloads are still there")


def tell_of_talk(shell: Shell, talk: Talk) -> None:
    """Tell what a client of the restarted mesh has seen meanwhile."""
    refused = talk.refused.get(_OTHER_ROOT, 0)
    failures = talk.errors | {why: n for why, n in talk.refused.items() if why != _OTHER_ROOT}
    trusted = talk.total - refused - sum(failures.values())
    shell.narrator.output(
        f"productpage of cluster1 has asked reviews of {OLD_MESH} {talk.total} times meanwhile: "
        f"{refused} times it met the old root, then {trusted} times the shared one."
    )
    if failures:
        shell.narrator.say(f"{sum(failures.values())} times it got no answer: {failures}")
    else:
        shell.narrator.good("There was no moment at which reviews did not answer.")


def read_restarts(status: dict[str, Any]) -> list[Restart]:
    """Read from a directive's status what was restarted, in the order of time."""
    return sorted(
        (
            Restart(each["startedAt"], f"{each['namespace']}/{each['kind']}/{each['name']}")
            for each in status.get("workloads", ())
            if "startedAt" in each
        ),
        key=lambda each: each.started_at,
    )


def _find_leaving(shell: Shell) -> str:
    """Find workloads' pods on their way out, which answer until their end."""
    path = "--output=jsonpath={.items[*].metadata.deletionTimestamp}"
    return shell.run("kubectl", "get", "pods", WORKLOADS, _CONTEXT, path, show=False).strip()


def _read_status(shell: Shell) -> dict[str, Any]:
    found = json.loads(shell.run(*_GET, "--output=json", show=False))["items"]
    return dict(found[0].get("status", {})) if found else {}
