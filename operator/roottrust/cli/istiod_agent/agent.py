"""`roottrust agent`: init container and sidecar in one, as a native sidecar."""

from __future__ import annotations

import click

from roottrust.cli.istiod_agent.environment import ENVIRONMENT
from roottrust.cli.istiod_agent.sidecar import run
from roottrust.cli.log_option import with_log_format
from roottrust.runtime.logs import LogForm

_HELP = f"""Obtain istiod's CA from Vault, and keep it: init container and sidecar in one.

For a native sidecar (Kubernetes 1.29 or newer): an init container that goes on running. istiod
starts once the startup probe holds, and without that probe it would make a root of its own.

\b
An init container of istiod's pod:
  - name: istiod-agent
    image: roottrust
    args: [agent]
    restartPolicy: Always
    startupProbe:
      httpGet: {{path: /startupz, port: 9443}}
      periodSeconds: 1
      failureThreshold: 600
    volumeMounts: [{{name: istiod-ca, mountPath: /etc/istiod-ca}}]

{ENVIRONMENT}
Exit codes: 0 stopped as told, 1 failed, 2 wrong environment.
"""


@click.command("agent", help=_HELP)
@with_log_format
def command(log_form: LogForm | None) -> None:
    """Run until the stop."""
    run(log_form)
