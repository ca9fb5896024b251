"""What a leaf is for: names of a server, identity of a workload, and whose key it is."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from roottrust.domain.certificate import Certificate
from roottrust.domain.certificate_path import load_certificate


@dataclass(frozen=True, kw_only=True)
class LeafNames:
    """Subject alternative names (RFC 5280, 4.2.1.6); other forms than these are left out."""

    dns_names: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()


def find_leaf_names(certificate: Certificate) -> LeafNames:
    """Return the names that a leaf is for, none where its extension cannot be read."""
    loaded = load_certificate(certificate)
    try:
        found = loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return LeafNames(
            dns_names=tuple(found.get_values_for_type(x509.DNSName)),
            uris=tuple(found.get_values_for_type(x509.UniformResourceIdentifier)),
        )
    except (
        x509.ExtensionNotFound,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
        ValueError,
    ):
        return LeafNames()


def read_public_key(certificate: Certificate) -> bytes:
    """Return its public key as DER (SubjectPublicKeyInfo), which tells one key from another."""
    loaded = load_certificate(certificate)
    return loaded.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
