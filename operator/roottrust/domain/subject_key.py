"""Identifiers of public keys, by which Vault and certificates name the same key."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from roottrust.domain.certificate import Certificate
from roottrust.domain.certificate_path import find_subject_key_id, load_certificate


def list_key_ids(certificate: Certificate) -> frozenset[str]:
    """Return the identifiers of a certificate's key in hex: as it bears it, and as RFC 5280 has it.

    Vault tells that of each of its keys (pki key/<id>, subject_key_id; RFC 5280, 4.2.1.2).
    """
    loaded = load_certificate(certificate)
    found = {x509.SubjectKeyIdentifier.from_public_key(loaded.public_key()).digest.hex()}
    borne = find_subject_key_id(loaded)
    return frozenset(found if borne is None else {*found, borne.hex()})


def encode_key(certificate: Certificate) -> bytes | None:
    """Return a certificate's public key (SubjectPublicKeyInfo), None for one that has none."""
    try:
        key = load_certificate(certificate).public_key()
    except ValueError:
        return None
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return key.public_bytes(*form)
