"""The roots that Vault has, and which of them may sign: read by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from demo.errors import DemoError
from demo.shell import Shell

_SIGNS = "issuing-certificates"


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """One of the issuers of a mount."""

    subject: str
    is_default: bool
    may_sign: bool

    @property
    def line(self) -> str:
        """Say it in one line."""
        default = ", the default issuer" if self.is_default else ""
        return f"{self.subject}{default}, {'may sign' if self.may_sign else 'may sign nothing'}"


def show_issuers(shell: Shell) -> list[Issuer]:
    """Show, and return, what the root's mount has, by what Vault tells of each issuer."""
    words = ("bao", "list", "-format=json", "pki/issuers")
    shell.narrator.command(words)
    default = shell.run("bao", "read", "-field=default", "pki/config/issuers", show=False).strip()
    listed = json.loads(shell.run(*words, show=False))
    found = [read_issuer(_read(shell, each), default=default) for each in listed]
    found.sort(key=lambda each: each.subject)
    for each in found:
        shell.narrator.output(each.line)
    return found


def check_retired(issuers: list[Issuer]) -> None:
    """Raise unless one root signs, by default, and no other may."""
    signing = [each for each in issuers if each.may_sign]
    if signing == issuers or [each.is_default for each in signing] != [True]:
        raise DemoError("In Vault the old root may sign still.")


def read_issuer(issuer: Mapping[str, Any], *, default: str) -> Issuer:
    """Read what Vault tells of one."""
    certificate = x509.load_pem_x509_certificate(issuer["certificate"].encode())
    return Issuer(
        subject=certificate.subject.rfc4514_string(),
        is_default=issuer["issuer_id"] == default,
        may_sign=_SIGNS in str(issuer["usage"]),
    )


def _read(shell: Shell, issuer: str) -> Mapping[str, Any]:
    answer = shell.run("bao", "read", "-format=json", f"pki/issuer/{issuer}", show=False)
    found: Mapping[str, Any] = json.loads(answer)["data"]
    return found
