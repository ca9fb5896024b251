"""`roottrust before-uninstall`: after it, nothing waits for an operator that is not there."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import click

from roottrust.cli.before_uninstall.run import Departure, prepare_with_retries
from roottrust.cli.denied import tell_person
from roottrust.cli.options import with_context, with_kubeconfig, with_operator_namespace
from roottrust.cli.terminal import fail
from roottrust.domain.errors import AccessDeniedError, RootTrustError
from roottrust.kube.access import load_access
from roottrust.kube.client import KubeClient

RIGHTS = "deploy/uninstall/"

_HELP = """Let the policies go before the hub is uninstalled: stop it, and take its finalizer off.

A policy with deletionPolicy Delete is held by a finalizer, which the hub takes off once it has
removed from Vault what was made for the policy. After the hub is uninstalled nobody does, and such
a policy, or its namespace, would hang when it is deleted. So this, in that order:

\b
  1. waits for policies that are being deleted, whose objects the hub still removes from Vault
  2. scales the hub to 0
  3. takes the finalizer off all other policies: they and what they have in Vault stay

To have Vault cleaned, delete the policies before. `helm uninstall` runs this by itself; with
Kustomize call it before `kubectl delete -k`. A hub that is installed again takes all policies in as
they are. deploy/uninstall/ has the rights in Kubernetes.

\b
Examples:
  roottrust before-uninstall
  roottrust before-uninstall --wait 0 --context mgmt

Exit codes: 0 nothing waits for the hub any more, 1 it failed, 2 wrong usage.
"""


@click.command("before-uninstall", help=_HELP)
@click.option(
    "--wait",
    "patience",
    type=click.FloatRange(min=0),
    default=150,
    show_default=True,
    help="Seconds for policies that are being deleted.",
)
@with_operator_namespace
@with_kubeconfig
@with_context
def command(
    patience: float, operator_namespace: str, kubeconfig: Path | None, context: str | None
) -> None:
    """Prepare, and tell what was done."""
    try:
        asyncio.run(_run(patience, operator_namespace, kubeconfig, context))
    except AccessDeniedError as error:
        fail([tell_person(error, rights=RIGHTS).message])
    except RootTrustError as error:
        fail([error.message])


async def _run(
    patience: float, namespace: str, kubeconfig: Path | None, context: str | None
) -> None:
    client = KubeClient(await load_access(kubeconfig=kubeconfig, context=context))
    departure = Departure(
        client=client,
        namespace=namespace,
        patience_seconds=patience,
        tell=click.echo,
        sleep=asyncio.sleep,
        now=time.monotonic,
    )
    try:
        await prepare_with_retries(departure)
    finally:
        await client.close()
