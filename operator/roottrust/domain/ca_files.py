"""The files of istiod's CA folder (pilot/pkg/bootstrap/istio_ca.go)."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import SecretStr

CERTIFICATE = "ca-cert.pem"
KEY = "ca-key.pem"
CHAIN = "cert-chain.pem"
TRUST_BUNDLE = "root-cert.pem"
NAMES = (CERTIFICATE, KEY, CHAIN, TRUST_BUNDLE)


@dataclass(frozen=True, kw_only=True)
class CaFiles:
    """The exact texts, in PEM: the intermediate, its key, its chain from itself up, the roots.

    The root is in `trust_bundle` alone: in the chain istiod would demand a CRL for it.
    """

    certificate: str
    key: SecretStr = field(repr=False)
    chain: str
    trust_bundle: str

    def list_contents(self) -> tuple[tuple[str, str], ...]:
        """Return names and texts."""
        return (
            (CERTIFICATE, self.certificate),
            (KEY, self.key.get_secret_value()),
            (CHAIN, self.chain),
            (TRUST_BUNDLE, self.trust_bundle),
        )
