"""Login with a token that a person has, as the Vault command line keeps it."""

from __future__ import annotations

from datetime import datetime

from pydantic import SecretStr

from roottrust.domain.errors import AccessDeniedError
from roottrust.domain.reasons import Reason
from roottrust.vault.login.method import VaultCall
from roottrust.vault.login.vault_token import (
    LOOKUP_PATH,
    VaultToken,
    build_token,
    get_mapping,
)
from roottrust.vault.own_call import RefusedCallError


class GivenTokenLogin:
    """Takes one token as it is; it is the person's, so it is neither renewed nor revoked."""

    method = "given-token"
    owns_tokens = False

    def __init__(self, token: SecretStr, *, origin: str) -> None:
        self._token = token
        self._origin = origin

    def login(self, call: VaultCall, *, now: datetime) -> VaultToken:
        """Ask Vault whether it knows the token: GET auth/token/lookup-self."""
        try:
            facts = get_mapping(call("GET", LOOKUP_PATH, token=self._token), "data")
        except RefusedCallError as error:
            if error.lacks_right:
                facts = {}
            else:
                raise AccessDeniedError(
                    f"Vault {error.address} does not know the token of {self._origin}: log in "
                    "again with `vault login`.",
                    reason=Reason.LOGIN_FAILED,
                    path=error.path,
                    capability=error.capability,
                ) from None
        # As one that cannot be renewed: that would be a write.
        return build_token(self._token, lease_seconds=facts.get("ttl") or 0, facts={}, now=now)

    def has_changed(self) -> bool:
        """Whether it is another one than at the last login: never."""
        return False
