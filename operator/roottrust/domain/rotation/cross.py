"""The next root signed by the one in use: whoever knows only that one goes on trusting.

Vault signs it at issuer/<id>/sign-self-issued of its pki, which keeps the subject's bytes; a CSR
would have them encoded anew, and Go compares bytes. Neither server shortens its life to that of the
root that signs: a path over it ends with that root all the same.
"""

from __future__ import annotations

from datetime import datetime

from roottrust.domain.certificate import (
    Certificate,
    UnreadableCertificateError,
    parse_certificate,
)
from roottrust.domain.certificate_path import find_subject_key_id, is_issued_by, load_certificate
from roottrust.domain.moment import show_time
from roottrust.domain.subject_key import encode_key

# The next root stands between, and an intermediate below it.
_CAS_BELOW = 2


def can_cross_sign(previous: Certificate, following: Certificate | None = None) -> bool:
    """Whether a root may stand above another one that signs intermediates.

    Above a namesake it cannot: Vault, as Go, leaves the wrong authority key id in the certificate
    where subject and issuer are alike, and OpenSSL and Envoy refuse that.
    """
    if following is not None and _encode_subject(following) == _encode_subject(previous):
        return False
    has_room = previous.path_length is None or previous.path_length >= _CAS_BELOW
    return has_room and previous.allows_signing


def check_cross(
    cross_pem: str, previous: Certificate, following: Certificate, *, now: datetime | None = None
) -> str | None:
    """Return what is wrong with a cross-certificate as a sentence, None if it serves."""
    try:
        cross = parse_certificate(cross_pem)
    except UnreadableCertificateError as error:
        return f"The cross-certificate cannot be read: {error}"
    return (
        _find_other_identity(cross, following)
        or _find_other_issuer(cross, previous)
        or _find_bound(cross)
        or _find_fault_of_time(cross, now)
    )


def _find_other_identity(cross: Certificate, following: Certificate) -> str | None:
    """Compare bytes: the same words in another string type are another name to Go."""
    if _encode_subject(cross) != _encode_subject(following):
        return "The cross-certificate does not bear the next root's name in the very same bytes."
    if encode_key(cross) != encode_key(following):
        return "The cross-certificate is for another key than the next root's."
    if _get_key_id(cross) != _get_key_id(following):
        return "The cross-certificate has another subject key id than the next root."
    return None


def _find_other_issuer(cross: Certificate, previous: Certificate) -> str | None:
    if is_issued_by(cross, previous):
        return None
    if _encode_subject(cross) == _encode_subject(previous):
        return (
            "The next root has the same name as the one in use, above which it cannot be "
            "cross-signed: set rotation.strategy to Auto or MultiRoot, or give a root of another "
            "name."
        )
    return "The cross-certificate is not signed by the root in use."


def _find_bound(cross: Certificate) -> str | None:
    has_room = cross.path_length is None or cross.path_length >= _CAS_BELOW - 1
    if cross.is_ca and has_room and cross.allows_signing:
        return None
    return "The cross-certificate may not stand above intermediates."


def _find_fault_of_time(cross: Certificate, now: datetime | None) -> str | None:
    if now is None or cross.not_before <= now < cross.not_after:
        return None
    return (
        f"The cross-certificate is valid only from {show_time(cross.not_before)} to "
        f"{show_time(cross.not_after)}."
    )


def _encode_subject(certificate: Certificate) -> bytes:
    return load_certificate(certificate).subject.public_bytes()


def _get_key_id(certificate: Certificate) -> bytes | None:
    return find_subject_key_id(load_certificate(certificate))
