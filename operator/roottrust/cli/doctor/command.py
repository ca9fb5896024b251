"""`roottrust doctor`: what is wrong with an installation, why it matters, and what to do."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from roottrust.cli.doctor.archive import write_archive
from roottrust.cli.doctor.bundle import build_bundle, describe_bundle
from roottrust.cli.doctor.finding import Check
from roottrust.cli.doctor.render import render_report
from roottrust.cli.doctor.report import Result
from roottrust.cli.doctor.run import Options, run_doctor
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
from roottrust.cli.terminal import PlainExitCommand, fail, tell
from roottrust.domain.errors import RootTrustError
from roottrust.runtime.settings_environment import CONFIG_VARIABLE
from roottrust.runtime.settings_file import SettingsError

EXIT_CODES = {Result.WELL: 0, Result.INCOMPLETE: 1, Result.FAULTY: 2}

_HELP = """Check an installation from outside, and say what to do.

In the order in which a person would look: the first fault often explains those below it. Each
finding says what is so, why it matters, and the command that fixes it. Nothing is written, and no
Secret is read: where you may, they are looked for by name.

\b
What is looked at (the names are those of --skip):
  access         the API server answers, and shows our kinds
  crds           the kinds are there, and have the fields of this version
  operator       Deployment, pods, and whether a hub leads
  configuration  whether the operator can use it
  vault          reached, unsealed, version; the hub's login and rights as it tells of them;
                 with a token of yours, whether what policies keep there is there
  clocks         of the API server, of Vault, of this machine
  policies       seen, accepted, their roots, warnings, rotations that wait for a person
  clusters       each that a policy or a mirror tells of
  registrations  the Secrets that register clusters, by their metadata
  meshes         each, also those that no policy selects or that sign for themselves
  istiods        each replica, as its certificate proves it
  guide          the table of errors of the guide
  foreign-ca     Secrets by which istiod's CA may come from elsewhere

\b
Examples:
  roottrust doctor                              the installation of the current context
  roottrust doctor --skip foreign-ca --skip registrations    where you have no right on Secrets
  roottrust doctor --bundle report.tar.gz       and an archive for a bug report, without secrets
  roottrust doctor --vault-endpoint https://localhost:8200    over a port-forward to Vault
  roottrust doctor -o json | jq '.findings[] | select(.health != "Good")'

What istiods really serve, `roottrust verify` asks them.

\b
Signs:
  ✓ passed    ! will not last    ? could not be looked at, or is not finished    ✗ needs a person

\b
Exit codes:
  0  all is well; warnings, and what --skip leaves out, do not count
  1  it could not look: no cluster, or something is unknown
  2  something needs a person; it goes before 1

\b
Environment:
  VAULT_TOKEN, or ~/.vault-token   look for the policies' objects in Vault as yourself
  VAULT_ADDR                       which of several servers that token is for
  VAULT_CACERT                     CA of that server, instead of the configuration's
  KUBECONFIG, ROOTTRUST_CONFIG     as --kubeconfig and --config
  NO_COLOR                         no colours
deploy/doctor/rbac.yaml has the rights in Kubernetes; those on Secrets are in a file of their own.
"""


@click.command("doctor", cls=PlainExitCommand, help=_HELP)
@with_output
@with_color
@click.option(
    "--bundle",
    "bundle",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Write an archive (tar.gz) for a bug report, in which nothing secret is.",
)
@click.option(
    "--skip",
    "skips",
    type=click.Choice([each.value for each in Check]),
    multiple=True,
    help="Leave a check out; may be repeated.",
)
@with_config
@with_operator_namespace
@with_vault_endpoints
@with_kubeconfig
@with_context
def command(
    *,
    output: str,
    color: str,
    bundle: Path | None,
    skips: tuple[str, ...],
    config_file: Path | None,
    operator_namespace: str,
    endpoints: tuple[str, ...],
    kubeconfig: Path | None,
    context: str | None,
) -> None:
    """Look, show what was found, and end with its exit code."""
    options = Options(
        operator_namespace=operator_namespace,
        kubeconfig=kubeconfig,
        context=context,
        config_file=config_file,
        is_configured=config_file is not None or bool(os.environ.get(CONFIG_VARIABLE)),
        endpoints=endpoints,
        skips=tuple(Check(each) for each in skips),
    )
    try:
        facts, report = asyncio.run(run_doctor(options, find_own_access(), tell=tell, now=_now))
    except SettingsError as error:
        fail(error.lines)
    except RootTrustError as error:
        fail([error.message])
    show_report(report, render_report, output=output, color=color)
    if bundle is not None:
        files = build_bundle(facts, report)
        try:
            write_archive(bundle, files, now=facts.read_at)
        except OSError as failure:
            fail([f"{bundle} cannot be written ({type(failure).__name__})."])
        tell(describe_bundle(bundle.name, files))
    sys.exit(EXIT_CODES[report.result])


def _now() -> datetime:
    return datetime.now(UTC)
