"""The operator, run on this machine with the rights that its account has in a cluster."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from demo import process
from demo.environment import leave_out_settings
from demo.folder import Folder
from demo.narrator import Narrator
from demo.waiting import wait_until
from testbed import http


@dataclass(frozen=True, kw_only=True)
class Operator:
    """One process of it, with the roles that it has; its files are called after it."""

    name: str
    roles: str
    port: int

    @property
    def kubeconfig(self) -> str:
        """The file of its credentials for Kubernetes."""
        return f"{self.name}.kubeconfig"

    @property
    def configuration(self) -> str:
        """The file of its configuration."""
        return f"{self.name}.yaml"


def start_operators(narrator: Narrator, folder: Folder, operators: Sequence[Operator]) -> None:
    """Start them at once and wait until each calls itself ready."""
    for each in operators:
        words = ["-m", "roottrust", "operator", "--roles", each.roles]
        words += ["--config", str(folder.file(each.configuration))]
        words += ["--kubeconfig", str(folder.file(each.kubeconfig))]
        narrator.command(["python", *words])
        process.start(folder, each.name, [sys.executable, *words], environment=leave_out_settings())
    with narrator.waiting("starting the operator"):
        took = wait_until(
            lambda: all(_is_ready(folder, each) for each in operators),
            "The operator is not ready",
            seconds=60,
        )
    narrator.good(f"The operator is ready after {took:.1f} s.")


def write_configuration(folder: Folder, operator: Operator, content: dict[str, Any]) -> str:
    """Write what is particular to it, with what all of them have in common."""
    common = {
        "http": {"host": "127.0.0.1", "port": operator.port},
        "logging": {"format": "console"},
    }
    text = yaml.safe_dump({**content, **common}, sort_keys=False)
    folder.write(operator.configuration, text)
    return text


def read_logs(folder: Folder) -> Iterator[tuple[str, str]]:
    """Give the end of each one's log by name; nothing of one that was never started."""
    for name in process.list_names(folder):
        if folder.file(f"{name}.kubeconfig").exists():  # a Vault's log begins with its root token
            yield name, process.read_end(folder, name, lines=15)


def _is_ready(folder: Folder, operator: Operator) -> bool:
    process.check(folder, operator.name)
    return http.is_good(f"http://127.0.0.1:{operator.port}/readyz")
