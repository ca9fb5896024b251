"""The operator's rights in Vault: those that deploy/ ships, for the tests' root mounts as well."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from tests.integration.hub.names import GENERATED_ROOTS
from tests.integration.vault_calls import Ask, write

SHIPPED = Path(__file__).parents[3] / "deploy/vault"
POLICY = SHIPPED / "roottrust-hub.hcl"
NAME = "roottrust-hub"
REMOVAL = "roottrust-hub-delete"
REVOCATION = "roottrust-hub-revoke"

_OF_ROOT = re.compile(r'^path "(?:sys/mounts/)?pki(?=["/]).*?^}\n', re.DOTALL | re.MULTILINE)


def build_rights(roots: Iterable[str] = GENERATED_ROOTS, *, policy: Path = POLICY) -> str:
    """Return the shipped policy, with what it grants at `pki` granted at other root mounts."""
    shipped = policy.read_text()
    of_root = "".join(_OF_ROOT.findall(shipped))
    more = [re.sub(r'pki(?=["/])', root, of_root) for root in roots]
    return "\n".join([shipped, *more])


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
    rights = (SHIPPED / f"{REMOVAL}.hcl").read_text()
    write(admin, f"sys/policies/acl/{REMOVAL}", {"policy": rights})


def grant_revocation(admin: Ask) -> None:
    """Let it revoke what is compromised."""
    rights = build_rights(policy=SHIPPED / f"{REVOCATION}.hcl")
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
