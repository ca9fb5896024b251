"""Clusters that join the hub."""

from __future__ import annotations

from demo.fleet.stage import MEMBERS
from demo.shell import Shell


def join(shell: Shell) -> None:
    """Register both as a person does, and list them."""
    join = ("roottrust", "cluster", "join")
    label = "--label=env=demo"
    told = shell.do_together(*((*join, each, f"--context={each}", label) for each in MEMBERS))
    shell.narrator.output("".join(told))
    shell.run("roottrust", "cluster", "list")
