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
class SignatureCheck:
    """Vault checks the signature with the cluster's public keys, and never calls the cluster.

    `keys` are None before they could be read; `trouble` says why they could not be read last.
    """

    MOUNT_TYPE: ClassVar[str] = "jwt"

    audience: str
    keys: TokenKeys | None
    trouble: str | None = None


LoginCheck = ClientReview | SignatureCheck
