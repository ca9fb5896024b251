"""The operator's rights in Vault: what `roottrust vault-policy` prints, and nothing more."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from roottrust.domain.bounds import Grant
from roottrust.domain.hub_rights.document import name_policy, render_hcl
from roottrust.domain.hub_rights.rules import Purpose
from roottrust.domain.hub_rights.scope import read_scope
from tests.integration.hub.names import GENERATED_ROOTS
from tests.integration.vault_calls import Ask, write

NAME = name_policy(Purpose.MANAGE)
REMOVAL = name_policy(Purpose.DELETE)
REVOCATION = name_policy(Purpose.REVOKE)


def build_rights(
    roots: Iterable[str] = GENERATED_ROOTS, *, purpose: Purpose = Purpose.MANAGE
) -> str:
    """Return what `roottrust vault-policy` prints for the tests' root mounts."""
    grant = Grant(policy_namespaces=("gloo-mesh",), root_mounts=("pki", *roots))
    return render_hcl(purpose, read_scope([grant]))


def grant_rights(admin: Ask, token_file: Path) -> None:
    """Make a token that has these rights alone, and put it where the operator finds it."""
    write(admin, f"sys/policies/acl/{NAME}", {"policy": build_rights()})
    grant_removal(admin)
    grant_revocation(admin)
    wanted = {
        "policies": [NAME, REMOVAL, REVOCATION],
        "no_default_policy": True,
        "no_parent": True,
        "ttl": "24h",
    }
    answer = admin("POST", "auth/token/create", wanted)
    put_token(token_file, answer.json()["auth"]["client_token"])


def grant_removal(admin: Ask) -> None:
    """Let it remove what it made, as policies with deletionPolicy Delete need it."""
    rights = build_rights(purpose=Purpose.DELETE)
    write(admin, f"sys/policies/acl/{REMOVAL}", {"policy": rights})


def grant_revocation(admin: Ask) -> None:
    """Let it revoke what is compromised."""
    rights = build_rights(purpose=Purpose.REVOKE)
    write(admin, f"sys/policies/acl/{REVOCATION}", {"policy": rights})


def make_powerless_token(admin: Ask) -> str:
    """Return a token that is good for nothing."""
    wanted = {"policies": ["nothing"], "no_default_policy": True, "no_parent": True}
    token: str = admin("POST", "auth/token/create", wanted).json()["auth"]["client_token"]
    return token


def put_token(token_file: Path, token: str) -> None:
    """Exchange the token, as an agent that keeps it does: never half of it can be read."""
    fresh = token_file.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(token)
    fresh.replace(token_file)
