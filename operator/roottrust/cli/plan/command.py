"""`roottrust plan`: what the operator would change in Vault, read and shown, never written."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from roottrust.cli.options import (
    show_report,
    with_color,
    with_config,
    with_context,
    with_kubeconfig,
    with_operator_namespace,
    with_output,
    with_vault_endpoints,
)
from roottrust.cli.own_access import find_own_access
from roottrust.cli.plan.render import render_report
from roottrust.cli.plan.report import Result
from roottrust.cli.plan.run import Options, run_plan
from roottrust.cli.plan.yaml_documents import DocumentsError
from roottrust.cli.terminal import PlainExitCommand, fail, tell
from roottrust.domain.errors import RootTrustError
from roottrust.runtime.settings_environment import CONFIG_VARIABLE
from roottrust.runtime.settings_file import SettingsError

EXIT_CODES = {Result.NO_CHANGES: 0, Result.FAILED: 1, Result.CHANGES: 2}

_HELP = """Show what the operator would change in Vault and Kubernetes, and change nothing.

Without -f: for all RootTrustPolicies of the cluster, or those named. With -f: what applying the
files would change, beside the policies that are there (which mesh and which root is whose).

\b
Examples:
  roottrust plan                            all policies
  roottrust plan -n gloo-mesh cluster1      one policy
  roottrust plan -f policy.yaml             an edit, before it is applied
  kustomize build . | roottrust plan -f -   what a build gives
  roottrust plan -o json | jq .summary      for programs: docs/plan.md

\b
Signs:
  + create    ~ update    - delete    ! conflict: something of others is in the way

\b
Exit codes:
  0  no changes
  1  failed, or something cannot be done: a conflict, a policy that is refused, no access
  2  changes, all of which can be made
Conditions of status that would turn are shown and do not count. Changes of a policy with
mode: Observe count, though the operator does not make them.

\b
Environment:
  VAULT_TOKEN, or ~/.vault-token   read Vault as yourself; else as the operator logs in
  VAULT_ADDR                       which of several servers that token is for
  VAULT_CACERT                     CA of that server, instead of the configuration's
  KUBECONFIG, ROOTTRUST_CONFIG     as --kubeconfig and --config
  NO_COLOR                         no colours
deploy/vault/roottrust-plan.hcl has all the rights in Vault that a plan needs; in Kubernetes it
lists RootTrustPolicies, Meshes and IssuedCertificates, the operator's Secrets that register
clusters (which are read as well, by the hub's tokens) and, without --config, reads the operator's
Deployment and ConfigMaps. The only write that it ever sends is the login of the operator's
configuration (and the end of that token), where you bring no token of your own.
"""


@click.command("plan", cls=PlainExitCommand, help=_HELP)
@click.argument("names", nargs=-1, metavar="[[NAMESPACE/]NAME]...")
@click.option(
    "-f",
    "--filename",
    "files",
    multiple=True,
    metavar="FILE",
    help="YAML or JSON file, folder, or - for stdin; may be repeated. Other kinds are skipped.",
)
@click.option(
    "-n",
    "--namespace",
    help="Policies of this namespace alone; with -f, the namespace of those that name none.",
)
@with_output
@with_color
@with_config
@with_operator_namespace
@with_vault_endpoints
@with_kubeconfig
@with_context
def command(
    names: tuple[str, ...],
    files: tuple[str, ...],
    output: str,
    color: str,
    config_file: Path | None,
    kubeconfig: Path | None,
    **rest: Any,
) -> None:
    """Plan, show the result, and end with its exit code."""
    if names and files:
        fail(["Name policies or give files, not both."])
    options = Options(
        names=names,
        files=files,
        config_file=config_file,
        kubeconfig=kubeconfig,
        is_configured=config_file is not None or bool(os.environ.get(CONFIG_VARIABLE)),
        **rest,
    )
    try:
        report = asyncio.run(
            run_plan(options, find_own_access(), tell=tell, now=lambda: datetime.now(UTC))
        )
    except (DocumentsError, SettingsError) as error:
        fail(error.lines)
    except RootTrustError as error:
        fail([error.message])
    show_report(report, render_report, output=output, color=color)
    sys.exit(EXIT_CODES[report.result])
