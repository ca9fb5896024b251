"""Building the files of a CA folder from what Vault has signed and what the hub has pinned."""

from __future__ import annotations

from pydantic import SecretStr

from roottrust.domain.ca_files import CaFiles
from roottrust.domain.certificate import parse_certificate, parse_certificates


def build_files(
    *, certificate: str, key: SecretStr, trust_bundle: str, cross_certificates: str | None
) -> CaFiles:
    """Return the files; raises UnreadableCertificateError.

    The root is the pinned one, byte by byte: Vault's `issuing_ca` and `ca_chain` are never used
    (istio-csr 30, 105, 155). Cross-certificates follow the intermediate in the chain.
    """
    signed = parse_certificate(certificate).pem
    crossed = parse_certificates(cross_certificates) if cross_certificates else ()
    return CaFiles(
        certificate=signed,
        key=key,
        chain=signed + "".join(each.pem for each in crossed),
        trust_bundle=trust_bundle,
    )
