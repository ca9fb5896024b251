"""What the model of Vault makes where only a real one could choose, and what it refuses."""

from __future__ import annotations

from roottrust.domain.action import Action

MADE_ISSUER_ID = "6f1c2a9e-52f0-4c6f-8a5c-70f1d1f6a001"
MADE_KEY_ID = MADE_ISSUER_ID  # one stands for all that only Vault can choose


class RefusedByVaultError(AssertionError):
    """A real Vault would not have taken this write."""


def take_certificate(action: Action) -> str:
    bundle = action.wanted.secrets["pem_bundle"].get_secret_value()
    if "PRIVATE KEY" not in bundle:
        raise RefusedByVaultError(f"cannot {action}: it has no key")
    return bundle[bundle.index("-----BEGIN CERTIFICATE-----") :]
