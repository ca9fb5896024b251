"""How Vault checks the token that an agent logs in with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from roottrust.domain.token_keys import TokenKeys


@dataclass(frozen=True, kw_only=True)
class ClientReview:
    """Vault has the cluster review the token, and asks for that with the token itself."""

    MOUNT_TYPE: ClassVar[str] = "kubernetes"


@dataclass(frozen=True, kw_only=True)
class AccountReview:
    """Vault has the cluster review the token, and asks for that as the account of the reviewer.

    `account_uid` and `key_ids` (of the keys that sign tokens) are None where they are not known.
    """

    MOUNT_TYPE: ClassVar[str] = "kubernetes"

    audience: str | None
    account_uid: str | None
    key_ids: frozenset[str] | None


@dataclass(frozen=True, kw_only=True)
class SignatureCheck:
    """Vault checks the signature with the cluster's public keys, and never calls the cluster.

    `keys` are None before they could be read; `trouble` says why they could not be read last.
    """

    MOUNT_TYPE: ClassVar[str] = "jwt"

    audience: str
    keys: TokenKeys | None
    trouble: str | None = None


LoginCheck = ClientReview | AccountReview | SignatureCheck
