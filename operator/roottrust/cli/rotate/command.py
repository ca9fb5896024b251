"""`roottrust rotate`: what can be replaced before its time."""

from __future__ import annotations

import click

from roottrust.cli.rotate.intermediate import command as intermediate
from roottrust.cli.rotate.root import command as root
from roottrust.cli.rotate.steer import COMMANDS


@click.group("rotate")
def command() -> None:
    """Replace before its time what a RootTrustPolicy keeps, and follow it to the end.

    `root` and `intermediate` begin a rotation; the others steer that of a root.
    """


for _each in (root, intermediate, *COMMANDS):
    command.add_command(_each)
