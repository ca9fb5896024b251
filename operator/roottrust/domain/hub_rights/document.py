"""A Vault policy of the hub as text: HCL for `vault policy write`, or a resource of Terraform."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from roottrust.domain.hub_rights.rule import Rule
from roottrust.domain.hub_rights.rules import Purpose, list_own_rules, list_rules
from roottrust.domain.hub_rights.scope import NamesInVault

OWN_NAME = "roottrust-hub"

_WIDTH = 100
_HEADS = {
    Purpose.MANAGE: """\
What the hub may do in Vault. Whoever may write policies and roles can give itself any right. So the
hub's login is to be guarded like an administrator's; this list keeps its mistakes small and its
audit log short.""",
    Purpose.DELETE: """\
What the hub may remove from Vault, beside what its other policy lets it do: only where policies
say management.deletionPolicy: Delete. Without it such a policy waits deletionSeconds when it is
deleted, and tells what is left behind. No root can be removed with it.""",
    Purpose.REVOKE: """\
What the hub may revoke, which nothing undoes: whoever has this can end a root for good. Give it
beside the hub's other policy beforehand, or when a status asks for it: by then a compromised root
is distrusted, and of compromised intermediates none is in use. Without it, run the commands that
the status gives.""",
    Purpose.PLAN: """\
What `roottrust plan` reads in Vault: for people and for CI. It allows no write, and nothing that is
read by it is a secret.""",
}
_NAMES = {
    Purpose.MANAGE: OWN_NAME,
    Purpose.DELETE: f"{OWN_NAME}-delete",
    Purpose.REVOKE: f"{OWN_NAME}-revoke",
    Purpose.PLAN: "roottrust-plan",
}


def name_policy(purpose: Purpose) -> str:
    """Return what the policy is called in Vault."""
    return _NAMES[purpose]


def render_hcl(purpose: Purpose, scope: Iterable[NamesInVault]) -> str:
    """Return the policy for one server."""
    name = name_policy(purpose)
    head = f"{_HEADS[purpose]} Load it by `vault policy write {name} FILE`."
    parts = [_comment(head)]
    for names in scope:
        if names.prefix:
            parts.append(_comment(f"In the Vault namespace {names.prefix}:"))
        parts += map(_render_rule, list_rules(purpose, names))
    parts += map(_render_rule, list_own_rules(purpose))
    return _join(parts)


def render_terraform(
    purpose: Purpose, scope: Iterable[NamesInVault], *, namespace: str = ""
) -> str:
    """Return the policy as a resource of Terraform's provider for Vault."""
    name = name_policy(purpose)
    place = [f'  namespace = "{namespace}"'] if namespace else []
    lines = [
        f'resource "vault_policy" "{name.replace("-", "_")}" {{',
        *place,
        f'  name = "{name}"',
        "  policy = <<-EOT",
        *textwrap.indent(render_hcl(purpose, scope), "    ").splitlines(),
        "  EOT",
        "}",
    ]
    return "\n".join(lines) + "\n"


def _render_rule(rule: Rule) -> str:
    return "\n".join(_list_lines(rule))


def _list_lines(rule: Rule) -> Iterator[str]:
    if rule.why:
        yield _comment(rule.why)
    capabilities = ", ".join(f'"{each}"' for each in rule.capabilities)
    for path in rule.paths:
        yield f'path "{path}" {{\n  capabilities = [{capabilities}]\n}}'


def _comment(text: str) -> str:
    return textwrap.fill(
        " ".join(text.split()),
        width=_WIDTH,
        initial_indent="# ",
        subsequent_indent="# ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def _join(parts: Iterable[str]) -> str:
    """Rules without a comment of their own belong to the one before."""
    text = ""
    for part in parts:
        between = "\n\n" if part.startswith("#") else "\n"
        text += (between if text else "") + part
    return text + "\n"
