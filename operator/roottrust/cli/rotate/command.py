"""`roottrust rotate`: what can be replaced before its time."""

from __future__ import annotations

import click

from roottrust.cli.rotate.intermediate import command as intermediate
from roottrust.cli.rotate.root import command as root
from roottrust.cli.rotate.steer import COMMANDS

_HELP = """Replace before its time what a RootTrustPolicy keeps, and follow it to the end.

`root` and `intermediate` begin a rotation; the others steer that of a root. Each raises a number or
writes an annotation of the policy, which the operator then acts upon: the same can be committed to
Git, and whatever goes on does so without this command.

\b
Examples:
  roottrust rotate intermediate fleet       every istiod obtains a new intermediate
  roottrust rotate root fleet --dry-run     what another root would take, and change nothing
  roottrust rotate root fleet               replace the root, and follow it
  roottrust rotate approve fleet            let it into the stage that waits for you
  roottrust rotate pause fleet              let no further stage begin
"""


@click.group("rotate", help=_HELP)
def command() -> None:
    """Rotate what a policy keeps."""


for _each in (root, intermediate, *COMMANDS):
    command.add_command(_each)
