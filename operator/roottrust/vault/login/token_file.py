"""Login with a token that somebody else, for example Vault Agent, keeps in a file."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from roottrust.vault.login.credential import CredentialFile
from roottrust.vault.login.exchange import explain_refusal
from roottrust.vault.login.method import VaultCall
from roottrust.vault.login.vault_token import (
    LOOKUP_PATH,
    VaultToken,
    build_token,
    get_mapping,
)
from roottrust.vault.own_call import RefusedCallError

logger = logging.getLogger(__name__)

_BLIND = (
    "grant it, or its own policies are out of reach for RootTrustPolicies by their usual name only"
)


class TokenFileLogin:
    """Takes the token of this moment; it is its keeper's, who alone may revoke it."""

    method = "token-file"
    owns_tokens = False

    def __init__(self, path: Path) -> None:
        self._token = CredentialFile(path, what="Vault token")
        self._advice = f"{self._token} has ended or was revoked: put another one there"

    def login(self, call: VaultCall, *, now: datetime) -> VaultToken:
        """Read the file and ask Vault how long the token lives: GET auth/token/lookup-self."""
        token = self._token.read()
        try:
            facts = get_mapping(call("GET", LOOKUP_PATH, token=token), "data")
        except RefusedCallError as error:
            if not error.lacks_right:
                raise explain_refusal(
                    error, method=self.method, advice=self._advice, secret=token
                ) from None
            # How long it lives is its keeper's business then.
            logger.warning("The token of %s may not read %s: %s", self._token, LOOKUP_PATH, _BLIND)
            facts = {}
        return build_token(token, lease_seconds=_read_lease(facts), facts=facts, now=now)

    def has_changed(self) -> bool:
        """Whether the file was written since the last login."""
        return self._token.has_changed()


def _read_lease(facts: Mapping[str, Any]) -> object:
    """Return the seconds left; in its last second a token looks as if it had no end."""
    return facts.get("ttl") or (1 if facts.get("expire_time") else 0)
