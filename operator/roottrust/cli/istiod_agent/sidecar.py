"""`roottrust sidecar`: istiod's CA is renewed while it runs."""

from __future__ import annotations

import click

from roottrust.agent.app import run_sidecar
from roottrust.cli.istiod_agent.environment import ENVIRONMENT, prepare
from roottrust.cli.log_option import fail_in_log, with_log_format
from roottrust.domain.errors import RootTrustError
from roottrust.runtime.logs import LogForm

_HELP = f"""Keep istiod's CA: renew it in time, see that istiod serves it, and report.

It takes over what `roottrust init-container` has obtained. While Vault is away, istiod keeps the
CA that it has; status and metrics say until when that lasts.

\b
A container of istiod's pod:
  - name: istiod-agent
    image: roottrust
    args: [sidecar]
    volumeMounts: [{{name: cacerts, mountPath: /etc/cacerts}}]

{ENVIRONMENT}
Exit codes: 0 stopped as told, 1 failed, 2 wrong environment.
"""


@click.command("sidecar", help=_HELP)
@with_log_format
def command(log_form: LogForm | None) -> None:
    """Run until the stop."""
    run(log_form)


def run(log_form: LogForm | None) -> None:
    """Keep the CA until the stop; a failure to begin ends the process with its message."""
    settings = prepare(log_form)
    try:
        run_sidecar(settings)
    except RootTrustError as error:
        fail_in_log(error)
