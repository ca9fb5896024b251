"""`roottrust operator`: the long-running process."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

import click

from roottrust.cli.log_option import fail_in_log, with_log_format
from roottrust.cli.options import with_context
from roottrust.cli.terminal import EXIT_FAILED, EXIT_USAGE, fail
from roottrust.cluster.app import plan_cluster_role
from roottrust.domain.errors import RootTrustError
from roottrust.domain.redaction import build_one_line
from roottrust.hub.app import plan_hub
from roottrust.kube.access import load_access
from roottrust.runtime.leader import LeadershipLostError
from roottrust.runtime.logs import LogForm, configure_logs, log_uncaught
from roottrust.runtime.process import handle_signals
from roottrust.runtime.role import RolePlan
from roottrust.runtime.roles import run_roles
from roottrust.runtime.settings import OperatorSettings
from roottrust.runtime.settings_file import SettingsError, load_settings

logger = logging.getLogger(__name__)

_HELP = """Run the operator until it is told to stop (SIGTERM, Ctrl-C).

The hub keeps Vault as RootTrustPolicies say, and one runs in the management cluster. The cluster
role reports meshes and restarts workloads, and one runs in every cluster. The chart and deploy/ run
both as they belong.

\b
A configuration for one cluster:
  cluster: {name: cluster1}
  vaultServers:
  - address: https://vault.example:8200
    caFile: /etc/roottrust/vault-ca.crt
    login:
      kubernetes: {mount: kubernetes, role: roottrust-hub}

What every key means is in docs/reference/configuration.md.

Exit codes: 0 stopped as told, 1 failed, 2 wrong usage or configuration.
"""


@click.command("operator", help=_HELP)
@click.option(
    "--config",
    "config_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Configuration in YAML. Each key can also be given as ROOTTRUST_KEY in the environment. "
    "Default: $ROOTTRUST_CONFIG.",
)
@click.option(
    "--roles",
    help="What this process does: hub, cluster, or both with a comma. Default: the "
    "configuration's `roles`.",
)
@click.option(
    "--kubeconfig",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Cluster to run for. Default: $KUBECONFIG, or the pod's own ServiceAccount.",
)
@with_context
@with_log_format
def command(
    config_file: Path | None,
    roles: str | None,
    kubeconfig: Path | None,
    context: str | None,
    log_form: LogForm | None,
) -> None:
    """Run the operator until the stop."""
    settings = _load(config_file, roles)
    configure_logs(form=log_form or settings.logging.format, level=settings.logging.level)
    log_uncaught()
    try:
        asyncio.run(_run(settings, kubeconfig, context))
    except LeadershipLostError:
        sys.exit(EXIT_FAILED)  # it was logged at once: the other parts took their time to end
    except RootTrustError as error:
        fail_in_log(error)
    except ExceptionGroup as failures:
        messages = "; ".join(f"{type(each).__name__}: {each}" for each in failures.exceptions)
        logger.critical("the operator failed: %s", build_one_line(messages))
        sys.exit(EXIT_FAILED)


def _load(config_file: Path | None, roles: str | None) -> OperatorSettings:
    given = {} if roles is None else {"roles": [role.strip() for role in roles.split(",")]}
    try:
        return load_settings(config_file, command_line=given)
    except SettingsError as error:
        fail(error.lines, exit_code=EXIT_USAGE)


async def _run(settings: OperatorSettings, kubeconfig: Path | None, context: str | None) -> None:
    stop = asyncio.Event()
    with handle_signals(stop):
        access = await load_access(kubeconfig=kubeconfig, context=context)
        await run_roles(settings, access, _plan_roles(settings), stop=stop)


def _plan_roles(settings: OperatorSettings) -> list[RolePlan]:
    has_hub, has_cluster = "hub" in settings.roles, "cluster" in settings.roles
    of_cluster = [plan_cluster_role(is_alone=not has_hub)] if has_cluster else []
    return of_cluster + ([plan_hub()] if has_hub else [])
