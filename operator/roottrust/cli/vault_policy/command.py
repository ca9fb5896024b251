"""`roottrust vault-policy`: what an administrator of Vault loads before the operator starts."""

from __future__ import annotations

from pathlib import Path

import click

from roottrust.cli.cluster_name import check_cluster_name
from roottrust.cli.terminal import PlainExitCommand, fail
from roottrust.cli.vault_policy.login import describe_login
from roottrust.domain.bounds import Grant
from roottrust.domain.errors import RootTrustError
from roottrust.domain.hub_rights.document import name_policy, render_hcl, render_terraform
from roottrust.domain.hub_rights.login import render_login
from roottrust.domain.hub_rights.rules import Purpose
from roottrust.domain.hub_rights.scope import read_scope
from roottrust.runtime.settings import OperatorSettings
from roottrust.runtime.settings_file import SettingsError, load_settings
from roottrust.runtime.settings_vault import VaultServerSettings

_HELP = """Print the least Vault policy that the operator needs for its configuration.

What RootTrustPolicies may use is granted in the configuration (vaultServers[].grants); what is
printed is what the operator needs for that, with the names that are granted, and nothing else. With
--cluster it is for these clusters alone; without, for all that have such names, as far as a Vault
policy can say so (a `*` stands at the end of a path).

\b
Examples:
  roottrust vault-policy --config config.yaml | vault policy write roottrust-hub -
  roottrust vault-policy --config config.yaml --cluster prod-1 --cluster prod-2
  roottrust vault-policy --config config.yaml --for delete    to remove what it has made
  roottrust vault-policy --config config.yaml --for revoke    to revoke what is compromised
  roottrust vault-policy --config config.yaml --for plan      for people: `roottrust plan`
  roottrust vault-policy --config config.yaml --login         how its login is set up
  roottrust vault-policy --config config.yaml -o terraform    as a resource of Terraform

\b
Exit codes:
  0  it is printed
  1  the configuration cannot be used, or grants what a Vault policy cannot say
Nothing is read from Vault or Kubernetes.
"""


@click.command(
    "vault-policy",
    cls=PlainExitCommand,
    help=_HELP,
    short_help="Print the rights that the operator needs in Vault.",
)
@click.option(
    "--config",
    "config_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The operator's configuration. Default: $ROOTTRUST_CONFIG.",
)
@click.option("--server", metavar="ADDRESS", help="Which of several Vault servers, by its address.")
@click.option(
    "--for",
    "purpose",
    type=click.Choice([each.value for each in Purpose]),
    default=Purpose.MANAGE.value,
    show_default=True,
    help="manage: what it always needs; delete, revoke: what it needs beside that; plan: what "
    "people need to read.",
)
@click.option(
    "--cluster",
    "clusters",
    multiple=True,
    metavar="NAME",
    help="For this cluster alone; may be repeated. Default: all that are granted.",
)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["hcl", "terraform"]),
    default="hcl",
    show_default=True,
    help="Form of the policy.",
)
@click.option("--login", "shows_login", is_flag=True, help="Print the login's set-up instead.")
def command(
    config_file: Path | None,
    server: str | None,
    purpose: str,
    clusters: tuple[str, ...],
    output: str,
    *,
    shows_login: bool,
) -> None:
    """Print one policy, or how the login is set up."""
    try:
        settings = load_settings(config_file, command_line={"roles": ["hub"]})
        chosen = _choose_server(settings, server)
        if shows_login:
            login = describe_login(chosen.login, operator_namespace=settings.namespace)
            policies = [name_policy(Purpose.MANAGE)]
            text = render_login(login, policies, namespace=chosen.namespace)
        else:
            granted = _list_granted(settings, chosen)
            text = _render(chosen, granted, Purpose(purpose), clusters, output=output)
    except SettingsError as error:
        fail(error.lines)
    except RootTrustError as error:
        fail([error.message])
    click.echo(text, nl=False)


def _list_granted(settings: OperatorSettings, server: VaultServerSettings) -> tuple[Grant, ...]:
    """Return what counts: grants for policies of workload clusters only where these count."""
    remote = server.remote_grants if settings.remote_policies else ()
    return (*server.grants, *(each.build_grant() for each in remote))


def _render(
    server: VaultServerSettings,
    granted: tuple[Grant, ...],
    purpose: Purpose,
    clusters: tuple[str, ...],
    *,
    output: str,
) -> str:
    for each in clusters:
        check_cluster_name(each)
    scope = read_scope(granted, namespace=server.namespace, clusters=clusters)
    if output == "terraform":
        return render_terraform(purpose, scope, namespace=server.namespace)
    return render_hcl(purpose, scope)


def _choose_server(settings: OperatorSettings, address: str | None) -> VaultServerSettings:
    """Return the server that is meant; raises SettingsError."""
    servers = {each.address: each for each in settings.vault_servers}
    if address is None and len(servers) == 1:
        return next(iter(servers.values()))
    found = servers.get((address or "").rstrip("/"))
    if found is None:
        raise SettingsError((f"--server: name one of {', '.join(servers)}",))
    return found
