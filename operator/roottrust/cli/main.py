"""The command line. Commands are imported when they are called: `--help` stays quick."""

from __future__ import annotations

import importlib
from typing import Any

import click

_COMMANDS = {
    "operator": ("roottrust.cli.operator_command", "Run the operator (hub or cluster role)."),
    "plan": (
        "roottrust.cli.plan.command",
        "Show what the operator would change, and change nothing.",
    ),
    "cluster": (
        "roottrust.cli.cluster.command",
        "Register the clusters that the hub serves beside its own.",
    ),
    "init-container": (
        "roottrust.cli.istiod_agent.init_container",
        "Beside istiod: obtain its CA, and end.",
    ),
    "sidecar": ("roottrust.cli.istiod_agent.sidecar", "Beside istiod: keep its CA."),
    "agent": ("roottrust.cli.istiod_agent.agent", "Beside istiod: obtain its CA, and keep it."),
    "istiod-patch": (
        "roottrust.cli.istiod_patch.command",
        "Put the agent beside istiod in rendered manifests.",
    ),
    "status": (
        "roottrust.cli.status.command",
        "Show the tree of trust: root, intermediates, istiods, namespaces.",
    ),
    "report": (
        "roottrust.cli.report_page.command",
        "Write the status of trust as a page: map, what ends when, what to do.",
    ),
    "doctor": (
        "roottrust.cli.doctor.command",
        "Check an installation from outside, and say what to do.",
    ),
    "rotate": (
        "roottrust.cli.rotate.command",
        "Replace roots and intermediates before their time.",
    ),
    "vault-policy": (
        "roottrust.cli.vault_policy.command",
        "Print the rights that the operator needs in Vault.",
    ),
    "before-uninstall": (
        "roottrust.cli.before_uninstall.command",
        "Stop the operator, and let policies go: before it is uninstalled.",
    ),
    "verify": (
        "roottrust.cli.verify.command",
        "Verify that every part of a mesh uses and trusts the pinned root.",
    ),
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(_COMMANDS[cmd_name][0])
        command = module.command
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


_HELP = """Give the Istio meshes of many clusters one root of trust, kept in Vault.

A platform team commits a RootTrustPolicy; the operator keeps Vault's auth mounts, policies and PKI
as the policy says, and writes back what `kubectl describe roottrustpolicy` shows.

\b
Where to begin:
  roottrust vault-policy --config config.yaml   the rights that the operator needs in Vault
  roottrust plan -f policy.yaml                 what a policy would change, before it is applied
  roottrust status                              how all is, and what to do next
  roottrust doctor                              what is wrong with an installation

The commands operator, init-container, sidecar and agent run in pods; all others are for people and
pipelines.
"""


@click.group(cls=_LazyGroup, help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="roottrust")
def main(**_: Any) -> None:
    """Run a command."""


def main_of_kubectl() -> None:
    """Run as a plugin of kubectl, whose help says how it was called."""
    main(prog_name="kubectl roottrust")
