"""Writes deploy/vault: `python -m roottrust.cli.vault_policy.shipped [--check] [DIR]`.

These are the policies for a configuration that grants nothing but the guide's names.
"""

from __future__ import annotations

import sys

from roottrust.api.generated import run
from roottrust.domain.bounds import Grant
from roottrust.domain.hub_rights.document import name_policy, render_hcl
from roottrust.domain.hub_rights.rules import Purpose
from roottrust.domain.hub_rights.scope import read_scope
from roottrust.runtime.settings import NAMESPACE_DEFAULT

_HEAD = """\
# Made by `roottrust vault-policy`, for the names of the guide. Where the operator's configuration
# grants others, print the policy for it by that command.
#
"""


def build_files() -> dict[str, str]:
    """Return the policies by the names of their files."""
    scope = read_scope([Grant(policy_namespaces=(NAMESPACE_DEFAULT,))])
    return {f"{name_policy(each)}.hcl": _HEAD + render_hcl(each, scope) for each in Purpose}


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], files=build_files(), program=__spec__.name, default="deploy/vault"))
