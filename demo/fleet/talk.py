"""Workloads of two clusters that prove to each other who they are."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from demo.background import Background
from demo.errors import DemoError
from demo.fleet.workloads import PLACE, PRODUCTPAGE, REVIEWS, SCRIPT, Workload
from demo.shell import Shell

_LONGEST_SECONDS = 900.0

BOTH_WAYS = ((PRODUCTPAGE, REVIEWS), (REVIEWS, PRODUCTPAGE))


@dataclass
class Talk:
    """What a client that never stopped connecting tells in the end."""

    total: int = 0
    refused: dict[str, int] = field(default_factory=dict)  # what the other side showed, and why
    errors: dict[str, int] = field(default_factory=dict)


def show_refusals(shell: Shell) -> None:
    """Ask both ways: each has to refuse the other, whose root it does not know."""
    for client, server in BOTH_WAYS:
        answer = shell.ask(*_build_command(shell, client, "ask", server), show=True)
        if answer.ok:
            raise DemoError(f"{client.name} trusts {server.name}, whose root is another one.")
        shell.narrator.output(_find_refusal(answer.output))
        shell.narrator.good(
            f"{client.name} in {client.cluster} refuses {server.name} in {server.cluster}."
        )


def show_trust(shell: Shell) -> None:
    """Ask both ways: each has to see the other's identity."""
    for client, server in BOTH_WAYS:
        shell.narrator.command(_build_command(shell, client, "ask", server))
        told = _ask(shell, client, server)
        shell.narrator.output(
            f"{server.name} has proven to be {told['server']}, signed by {told['issuer']}\n"
            f"{client.name} has proven to be {told['client']}"
        )
        if (told["client"], told["server"]) != (client.identity, server.identity):
            raise DemoError(f"{client.name} and {server.name} have seen somebody else.")
    shell.narrator.good("Workloads of both clusters trust each other.")


def find_signers(shell: Shell) -> list[str]:
    """Return the keys that have signed for the two workloads."""
    return [_ask(shell, client, server)["signer"] for client, server in BOTH_WAYS]


class Conversation:
    """Workloads that connect anew, 20 times a second, from its beginning to its end."""

    def __init__(self, shell: Shell, *ways: tuple[Workload, Workload]) -> None:
        self._shell = shell
        self._clients = [client for client, _ in ways]
        self._begun = [_begin(shell, client, server) for client, server in ways]

    def end(self) -> list[Talk]:
        """Have all hang up, and return what each one tells."""
        for client in self._clients:
            self._shell.run(*_build_exec(client), "hang-up", show=False)
        return [Talk(**json.loads(each.result())) for each in self._begun]


def _begin(shell: Shell, client: Workload, server: Workload) -> Background[str]:
    words = _build_command(shell, client, "talk", server)
    return Background(lambda: shell.run(*words, show=False, seconds=_LONGEST_SECONDS))


def _ask(shell: Shell, client: Workload, server: Workload) -> dict[str, str]:
    answer = shell.run(*_build_command(shell, client, "ask", server), show=False)
    told: dict[str, str] = json.loads(answer)
    return told


def _build_command(shell: Shell, client: Workload, verb: str, server: Workload) -> tuple[str, ...]:
    return (*_build_exec(client), verb, _find_address(shell, server))


def _build_exec(client: Workload) -> tuple[str, ...]:
    place = (PLACE, f"--context={client.cluster}", "--container=app")
    return ("kubectl", "exec", f"deployment/{client.name}", *place, "--", "python", SCRIPT)


def _find_address(shell: Shell, server: Workload) -> str:
    """Find its Service's address, which other clusters reach."""
    words = ("get", "service", server.name, PLACE, f"--context={server.cluster}")
    return shell.run("kubectl", *words, "--output=jsonpath={.spec.clusterIP}", show=False).strip()


def _find_refusal(output: str) -> str:
    said = [line for line in output.splitlines() if line.startswith("refused:")]
    return said[-1] if said else output
