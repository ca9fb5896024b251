"""`roottrust cluster`: the clusters that the hub serves beside its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from pathlib import Path
from typing import Any

import click
import yaml

from roottrust.cli.cluster.join import JoinOptions, join
from roottrust.cli.cluster.leave import leave
from roottrust.cli.cluster.places import Places
from roottrust.cli.cluster.registered import list_registered, render_clusters
from roottrust.cli.cluster_name import check_cluster_name
from roottrust.cli.options import (
    build_kubeconfig_option,
    show_report,
    with_color,
    with_output,
)
from roottrust.cli.terminal import fail, tell
from roottrust.domain.errors import RootTrustError
from roottrust.domain.remote_hub import build_remote_manifests
from roottrust.runtime.settings import NAMESPACE_DEFAULT

HOUR = 3600

_GROUP_HELP = """Register the clusters that the hub serves beside its own.

A cluster is registered by a Secret in the operator's own namespace, of the form that Istio's users
know: labelled istio/multiCluster=true, a key with the cluster's name, its value a kubeconfig with
inline credentials. Its labels are the cluster's labels, which a policy's clusterSelector matches.

\b
Examples:
  roottrust cluster join cluster2 --context prod-2 --label env=prod
  roottrust cluster list
  roottrust cluster leave cluster2 --context prod-2
"""

_JOIN_HELP = """Prepare a cluster for the hub, and register it as NAME.

NAME becomes a part of names in Vault and of certificates; it cannot be changed later.

\b
What it does:
  in the cluster of --context   an account for the hub with the few rights that it needs: it keeps
                                IssuedCertificates and reads Meshes, reads no Secret, restarts
                                nothing; and the account roottrust-reviewer
  in the hub's cluster          a Secret with a token of that account, which the hub renews itself

Doing it again makes a fresh token and changes nothing else: labels and annotations stay unless
others are given. That is the way on when a hub was away for longer than its token lives.

\b
Examples:
  roottrust cluster join cluster2 --context prod-2 --hub-context mgmt
  roottrust cluster join cluster2 --context prod-2 --label env=prod --label tier-
  roottrust cluster join cluster2 --context prod-2 --server https://10.1.2.3:6443
  roottrust cluster join cluster2 --context prod-2 --vault-host https://api.prod-2.example:6443
\b
  For GitOps, commit what belongs into the cluster, and register it once that is applied:
  roottrust cluster join cluster2 --dry-run -o yaml > roottrust-remote-hub.yaml
  roottrust cluster join cluster2 --context prod-2 --registration-only

The Secret does not belong into Git: it holds a token, and the hub changes it.

Exit codes: 0 joined, with --dry-run shown; 1 failed; 2 wrong command line.
"""

_LEAVE_HELP = """Register NAME no more, and tell what is left of it where.

The hub does nothing in that cluster from then on, and nothing for it in Vault. With --context its
account there goes as well. What policies had made in Vault stays, and is listed: istiods that run
depend on it. Agents keep the intermediates that they have.

\b
Example:
  roottrust cluster leave cluster2 --context prod-2

Exit codes: 0 registered no more; 1 failed; 2 wrong command line.
"""

_LIST_HELP = """List the clusters that Secrets register, and why the hub refuses some.

\b
Examples:
  roottrust cluster list
  roottrust cluster list -o json | jq '.clusters[] | select(.refusal)'

Exit codes: 0 listed, those that the hub refuses among them; 1 failed; 2 wrong command line.
"""


def _with_places(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say where the clusters are, and give them as `places`."""

    @click.option(
        "-n",
        "--operator-namespace",
        default=NAMESPACE_DEFAULT,
        show_default=True,
        help="The operator's namespace, in both clusters.",
    )
    @click.option("--hub-context", help="Context of the hub's cluster. Default: the current one.")
    @click.option(
        "--hub-kubeconfig",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Where that context is. Default: as --kubeconfig.",
    )
    @build_kubeconfig_option("Where contexts are. Default: $KUBECONFIG, or ~/.kube/config.")
    @wraps(command)
    def wrapped(
        operator_namespace: str,
        hub_context: str | None,
        hub_kubeconfig: Path | None,
        kubeconfig: Path | None,
        context: str | None = None,
        **rest: Any,
    ) -> Any:
        places = Places(
            namespace=operator_namespace,
            kubeconfig=kubeconfig,
            context=context,
            hub_kubeconfig=hub_kubeconfig,
            hub_context=hub_context,
        )
        return command(places=places, **rest)

    return wrapped


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    try:
        return asyncio.run(work)
    except RootTrustError as error:
        fail([error.message])


@click.group("cluster", help=_GROUP_HELP)
def command() -> None:
    """Register clusters."""


@command.command("join", help=_JOIN_HELP)
@click.argument("name")
@click.option("--context", help="Context of the cluster that is to be served.")
@click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="KEY=VALUE",
    help="Label of the cluster; KEY- takes one off. May be repeated.",
)
@click.option(
    "--server",
    metavar="URL",
    help="Where the hub reaches the API server. Default: as the context says.",
)
@click.option(
    "--vault-host",
    metavar="URL",
    help="Where Vault reaches the API server, if elsewhere than the hub.",
)
@click.option(
    "--vault-ca",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CA of that address in PEM. Default: the API server's own.",
)
@click.option(
    "--token-hours",
    type=click.IntRange(1, 24 * 365),
    default=48,
    show_default=True,
    help="Life of the hub's token there. It is renewed at half of it: the other half is how long a "
    "hub may be away before the cluster has to be joined again.",
)
@click.option(
    "--remote-policies/--no-remote-policies",
    default=None,
    help="Grant what the hub needs for RootTrustPolicies that lie in the cluster. Default: whether "
    "its configuration has remotePolicies on; with --dry-run, no.",
)
@click.option(
    "--registration-only",
    is_flag=True,
    help="Account and rights are applied already: make the token and the Secret alone.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Ask no cluster; show what would be applied in the one that is to be served.",
)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["yaml"]),
    default="yaml",
    show_default=True,
    help="Form of --dry-run.",
)
@_with_places
def join_command(
    *,
    name: str,
    places: Places,
    labels: tuple[str, ...],
    server: str | None,
    vault_host: str | None,
    vault_ca: Path | None,
    token_hours: int,
    remote_policies: bool | None,
    registration_only: bool,
    dry_run: bool,
    output: str,
) -> None:
    """Join a cluster."""
    del output  # there is only one
    if dry_run:
        _show_manifests(name, places, with_policies=bool(remote_policies))
        return
    if places.context is None:
        raise click.UsageError("Name the cluster that is to be served by --context.")
    options = JoinOptions(
        name=name,
        places=places,
        labels=_read_labels(labels),
        server=server.rstrip("/") if server else None,
        vault_host=vault_host.rstrip("/") if vault_host else None,
        vault_ca_pem=_read_ca(vault_ca) if vault_ca else None,
        token_seconds=token_hours * HOUR,
        registers_only=registration_only,
        with_policies=remote_policies,
    )
    _run(join(options, tell=click.echo, note=tell))


@command.command("list", help=_LIST_HELP)
@with_output
@with_color
@_with_places
def list_command(*, places: Places, output: str, color: str) -> None:
    """List clusters."""
    show_report(_run(list_registered(places)), render_clusters, output=output, color=color)


@command.command("leave", help=_LEAVE_HELP)
@click.argument("name")
@click.option("--context", help="Context of the cluster, to remove the hub's account there, too.")
@_with_places
def leave_command(*, name: str, places: Places) -> None:
    """Leave a cluster."""
    _run(leave(name, places, tell=click.echo))


def _show_manifests(name: str, places: Places, *, with_policies: bool) -> None:
    try:
        check_cluster_name(name)
    except RootTrustError as error:
        fail([error.message])
    manifests = build_remote_manifests(places.namespace, with_policies=with_policies)
    click.echo(yaml.safe_dump_all(manifests, sort_keys=False), nl=False)
    tell(
        "Apply this in the cluster that is to be served. The Secret that registers it is made by "
        f"`roottrust cluster join {name} --context CTX --registration-only`: it holds a token."
    )


def _read_ca(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        fail([f"--vault-ca {path} cannot be read ({type(failure).__name__})."])


def _read_labels(given: tuple[str, ...]) -> dict[str, str | None]:
    labels: dict[str, str | None] = {}
    for word in given:
        key, mark, value = word.partition("=")
        if mark and key:
            labels[key] = value
        elif word.endswith("-") and len(word) > 1:
            labels[word.removesuffix("-")] = None
        else:
            raise click.UsageError(f"--label {word}: write KEY=VALUE, or KEY- to take one off.")
    return labels
