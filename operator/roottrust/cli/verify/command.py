"""`roottrust verify`: whether every part of a mesh trusts and uses the root that was pinned."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from roottrust.cli.options import (
    build_kubeconfig_option,
    show_report,
    with_color,
    with_context,
    with_operator_namespace,
    with_output,
    with_vault_endpoints,
)
from roottrust.cli.own_access import find_own_access
from roottrust.cli.terminal import PlainExitCommand, fail, tell
from roottrust.cli.verify.progress import Progress
from roottrust.cli.verify.reach import Way
from roottrust.cli.verify.render import render_report
from roottrust.cli.verify.run import PROBE_ACCOUNT, Options, run_verify
from roottrust.domain.errors import RootTrustError
from roottrust.domain.verification import Check, Result

EXIT_CODES = {Result.VERIFIED: 0, Result.INCOMPLETE: 1, Result.DIFFERENCES: 2}
SKIPS = {
    "vault": Check.VAULT_ROOT,
    "agents": Check.AGENT,
    "served": Check.SERVED_CHAIN,
    "namespaces": Check.NAMESPACES,
    "workload": Check.WORKLOAD_CERTIFICATE,
}

_HELP = """Verify that every part of a mesh uses and trusts the root that was pinned.

For all meshes that have an IssuedCertificate in the cluster of the kubeconfig, or those of CLUSTER.

\b
What is compared with the pinned root (spec.trustBundle of the IssuedCertificate):
  pinned root            is a sound root, and the one of --root
  root in Vault          the issuer that istiod's agents are signed by
  istiod's agent         of each replica: bundle on disk, chain, end, loaded by istiod
  served chain           of each replica: what port 15012 serves
  namespaces             istio-ca-root-cert of every namespace
  workload certificate   one that each replica issues to a probe, as to any workload

\b
Examples:
  roottrust verify                                 all meshes
  roottrust verify cluster1 --context prod-1       one cluster
  roottrust verify --root root-cert.pem            against a root that you keep yourself
  roottrust verify --skip vault                    where Vault is not reached from here
  VAULT_ADDR=https://localhost:8200 roottrust verify    over a port-forward to Vault
  roottrust verify -o json | jq '.meshes[].checks[] | select(.outcome != "OK")'

\b
Exit codes:
  0  all is verified
  1  it failed, or something could not be checked (unknown)
  2  something is not as pinned (different)
Warnings, and what --skip leaves out, do not count.

\b
Environment:
  VAULT_ADDR         where Vault is reached from here, instead of the IssuedCertificate's address
  VAULT_CACERT       CA of that server, instead of the IssuedCertificate's
  KUBECONFIG         as --kubeconfig
  NO_COLOR           no colours
No token of Vault is needed or sent: everybody may read which root a PKI mount has. deploy/verify/
has the rights in Kubernetes, and the account of the probe. The only thing that is ever created is a
token of that account, of 10 minutes, which is sent to no istiod but one that proves its name under
the pinned root.
"""


@click.command("verify", cls=PlainExitCommand, help=_HELP)
@click.argument("cluster", required=False, metavar="[CLUSTER]")
@click.option("-n", "--namespace", help="istiod's namespace. Default: all.")
@with_output
@with_color
@click.option(
    "--root",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Root in PEM that you trust: the pinned one has to be the same.",
)
@click.option(
    "--skip",
    "skips",
    multiple=True,
    type=click.Choice(list(SKIPS)),
    help="Leave a check out; may be repeated.",
)
@click.option(
    "--exclude-namespace",
    "excluded",
    multiple=True,
    metavar="NAME",
    help="Namespace in which istiod publishes nothing, as by discoverySelectors; * and ? stand "
    "for any text; may be repeated.",
)
@with_vault_endpoints
@click.option(
    "--via",
    "way",
    type=click.Choice([each.value for each in Way]),
    default=Way.PORT_FORWARD.value,
    show_default=True,
    help="How to reach istiod's port 15012; pod-ip: directly, as from within the cluster.",
)
@click.option(
    "--istiod-endpoint",
    "istiod_endpoints",
    multiple=True,
    metavar="[POD=]HOST:PORT",
    help="Where to connect instead, as for a port-forward of your own; may be repeated.",
)
@click.option(
    "--service-account",
    "account",
    metavar="NAMESPACE/NAME",
    help=f"Account that the probe is. Default: {PROBE_ACCOUNT} in the operator's namespace.",
)
@with_operator_namespace
@click.option(
    "--timeout",
    "timeout_seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=15,
    show_default=True,
    metavar="SECONDS",
    help="Longest wait for an answer of Vault, or of an istiod.",
)
@build_kubeconfig_option(
    "Cluster of the meshes. Default: $KUBECONFIG, ~/.kube/config, or the pod's own account."
)
@with_context
def command(
    output: str,
    color: str,
    skips: tuple[str, ...],
    way: str,
    **rest: Any,
) -> None:
    """Verify, show the result, and end with its exit code."""
    options = Options(
        way=Way(way),
        skipped=frozenset(SKIPS[each] for each in skips),
        **rest,
    )
    work = run_verify(
        options,
        find_own_access(),
        tell=tell,
        progress=Progress(),
        now=lambda: datetime.now(UTC),
    )
    try:
        report = asyncio.run(work)
    except RootTrustError as error:
        fail([error.message])
    show_report(report, render_report, output=output, color=color)
    sys.exit(EXIT_CODES[report.result])
