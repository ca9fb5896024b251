"""The intermediate and its key, each by itself."""

from __future__ import annotations

from collections.abc import Iterator

from roottrust.domain.ca_key import is_key_of
from roottrust.domain.certificate import Certificate
from roottrust.domain.finding import Finding, fatal, name, warning
from roottrust.domain.issuer_rules import check_issuer
from roottrust.domain.read_ca import ReadCa
from roottrust.domain.reasons import Reason

_RSA_MIN_BITS = 2048
_GOOD_KEYS = frozenset({"ecdsa-p256", "ecdsa-p384"})
_DOUBTFUL_KEYS = frozenset({"ecdsa-p521"})


def check_intermediate(ca: ReadCa, *, common_name: str | None) -> Iterator[Finding]:
    """Find what is wrong with an intermediate, whatever stands above it."""
    intermediate = ca.intermediate
    if not is_key_of(ca.key, intermediate):
        yield fatal(
            Reason.KEY_MISMATCH,
            f"ca-key.pem is not the key of {name(intermediate)}, and istiod would refuse both: "
            "have the agent obtain a new intermediate.",
        )
    yield from check_issuer(intermediate, intermediates_below=0)
    if intermediate.key_usages is None:
        yield fatal(
            Reason.USAGE_FORBIDDEN,
            f"{name(intermediate)} has no key usage, which RFC 5280 demands of CAs and Vault "
            "always writes: see what answers in Vault's place.",
        )
    yield from _check_key_type(intermediate)
    if intermediate.is_ca and intermediate.path_length != 0:
        yield warning(
            Reason.PATH_LENGTH_OPEN,
            f"{name(intermediate)} may issue further CAs (no path length 0): see that the policy "
            "in Vault pins max_path_length.",
        )
    if common_name is not None and intermediate.common_name != common_name:
        yield fatal(
            Reason.WRONG_COMMON_NAME,
            f"{name(intermediate)} is not called {common_name!r} as the IssuedCertificate says: "
            "see that Vault's answer is that to the agent's own request.",
        )


def _check_key_type(intermediate: Certificate) -> Iterator[Finding]:
    kind = intermediate.key_type
    bits = kind.removeprefix("rsa-")
    if kind in _GOOD_KEYS or (bits.isdigit() and int(bits) >= _RSA_MIN_BITS):
        return
    if kind in _DOUBTFUL_KEYS:
        yield warning(
            Reason.INVALID_KEY,
            f"The key of {name(intermediate)} is {kind}, which some Envoys refuse: set keyType of "
            "the RootTrustPolicy to ecdsa-p256.",
        )
        return
    yield fatal(
        Reason.INVALID_KEY,
        f"The key of {name(intermediate)} is {kind}, which Envoy or istiod refuses: set keyType of "
        "the RootTrustPolicy to ecdsa-p256 or rsa-2048.",
    )
