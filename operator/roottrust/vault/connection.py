"""Where one Vault is and how it is trusted."""

from __future__ import annotations

from dataclasses import dataclass, field

OPERATOR_TRUST_HINT = "set caFile of this server in the operator's configuration"


@dataclass(frozen=True, kw_only=True)
class VaultConnection:
    """One Vault server as the operator's configuration, or an agent's IssuedCertificate, names it.

    `address` is the name that policies and agents use, `endpoint` is where this process connects;
    they differ where Vault is reached through another network. `trust_hint` says where people set
    whom this process trusts.
    """

    address: str
    endpoint: str
    namespace: str | None = None
    ca_pem: str | None = field(default=None, repr=False)
    timeout_seconds: float = 10.0
    trust_hint: str = OPERATOR_TRUST_HINT
