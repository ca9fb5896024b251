"""What a leaf is for: names of a server, and the identity of a workload."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509

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
