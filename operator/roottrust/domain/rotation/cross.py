"""The next root signed by the one in use: whoever knows only that one goes on trusting.

Vault signs it at issuer/<id>/sign-self-issued of its pki, which keeps the subject's bytes; a CSR
would have them encoded anew, and Go compares bytes.
"""

from __future__ import annotations

from roottrust.domain.certificate import (
    Certificate,
    UnreadableCertificateError,
    parse_certificate,
)
from roottrust.domain.certificate_path import is_issued_by, load_certificate
from roottrust.domain.subject_key import encode_key

# The next root stands between, and an intermediate below it.
_CAS_BELOW = 2


def can_cross_sign(previous: Certificate) -> bool:
    """Whether a root may stand above another CA that signs intermediates."""
    allows = previous.key_usages is None or "key_cert_sign" in previous.key_usages
    return allows and (previous.path_length is None or previous.path_length >= _CAS_BELOW)


def check_cross(cross_pem: str, previous: Certificate, following: Certificate) -> str | None:
    """Return what is wrong with a cross-certificate as a sentence, None if it serves."""
    try:
        cross = parse_certificate(cross_pem)
    except UnreadableCertificateError as error:
        return f"The cross-certificate cannot be read: {error}"
    made, wanted = load_certificate(cross), load_certificate(following)
    if made.subject.public_bytes() != wanted.subject.public_bytes():
        return "The cross-certificate does not bear the next root's name in the very same bytes."
    if encode_key(cross) != encode_key(following):
        return "The cross-certificate is for another key than the next root's."
    if not is_issued_by(cross, previous):
        return "The cross-certificate is not signed by the root in use."
    if not cross.is_ca or (cross.path_length is not None and cross.path_length < _CAS_BELOW - 1):
        return "The cross-certificate may not stand above intermediates."
    return None
