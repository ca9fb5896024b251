"""Options that several commands have, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from roottrust.cli.report_model import ReportModel
from roottrust.cli.terminal import find_kubeconfig, has_colours
from roottrust.runtime.settings import NAMESPACE_DEFAULT

Report = TypeVar("Report", bound=ReportModel)
Command = TypeVar("Command", bound=Callable[..., Any])

with_output = click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the result, which alone is written to stdout.",
)
with_color = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours; auto: on a terminal, unless NO_COLOR is set.",
)
with_context = click.option(
    "--context", help="Context of the kubeconfig. Default: its current one."
)


def build_kubeconfig_option(help_text: str) -> Callable[[Command], Command]:
    """Return the option with kubectl's default: None means $KUBECONFIG, or the pod's account."""
    return click.option(
        "--kubeconfig",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        callback=lambda _context, _option, path: path or find_kubeconfig(),
        help=help_text,
    )


with_kubeconfig = build_kubeconfig_option(
    "Management cluster. Default: $KUBECONFIG, ~/.kube/config, or the pod's own account."
)
with_operator_namespace = click.option(
    "--operator-namespace",
    default=NAMESPACE_DEFAULT,
    show_default=True,
    help="Where the operator and its Mesh objects are.",
)
with_config = click.option(
    "--config",
    "config_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The operator's configuration. Default: $ROOTTRUST_CONFIG, or that of the operator in "
    "the cluster.",
)
with_vault_endpoints = click.option(
    "--vault-endpoint",
    "endpoints",
    multiple=True,
    metavar="[ADDRESS=]URL",
    help="Where to connect instead of Vault's address, as for a port-forward; may be repeated.",
)
with_policy = click.argument("policy", required=False, metavar="[[NAMESPACE/]POLICY]")
with_policies_namespace = click.option(
    "-n", "--namespace", help="Policies of this namespace alone."
)


def show_report(
    report: Report, render: Callable[[Report], str], *, output: str, color: str
) -> None:
    """Write a result to stdout, as `--output` and `--color` say."""
    if output == "json":
        click.echo(report.model_dump_json(by_alias=True, indent=2))
    else:
        click.echo(render(report), nl=False, color=has_colours(color))
