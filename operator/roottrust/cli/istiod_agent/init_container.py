"""`roottrust init-container`: istiod does not start before it has its CA."""

from __future__ import annotations

import sys

import click

from roottrust.agent.app import run_init_container
from roottrust.cli.istiod_agent.environment import ENVIRONMENT, EXIT_STOPPED, prepare
from roottrust.cli.log_option import with_log_format
from roottrust.runtime.logs import LogForm

_HELP = f"""Obtain istiod's CA from Vault into its memory volume, and end.

It waits for as long as it takes: for the IssuedCertificate that the hub writes, for Vault, for
whatever its log, the Events and the status of the IssuedCertificate tell. A good CA that is on
the volume already is kept.

\b
An init container of istiod's pod:
  - name: istiod-agent-init
    image: roottrust
    args: [init-container]
    volumeMounts: [{{name: cacerts, mountPath: /etc/cacerts}}]

{ENVIRONMENT}
Exit codes: 0 the CA is complete, 1 failed, 2 wrong environment, 143 stopped before.
"""


@click.command("init-container", help=_HELP)
@with_log_format
def command(log_form: LogForm | None) -> None:
    """Run until there is a CA."""
    if not run_init_container(prepare(log_form)):
        sys.exit(EXIT_STOPPED)
