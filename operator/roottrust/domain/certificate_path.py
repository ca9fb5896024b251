"""Who issued whom, by the strictest rules of those who will look: Go (istiod) and Envoy.

The library's own verifier does not fit: it refuses an issuer without a subject, which is what the
guide's root is, and passes what istiod and Envoy refuse (ADR 17).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from cryptography import x509

from roottrust.domain.certificate import Certificate, is_signed_by


def load_certificate(certificate: Certificate) -> x509.Certificate:
    """Return what the library makes of a certificate that was read before."""
    return x509.load_pem_x509_certificate(certificate.pem.encode())


def is_issued_by(child: Certificate, parent: Certificate) -> bool:
    """Tell whether a certificate bears its issuer's name byte by byte, key id and signature.

    Key ids that contradict each other are refused by Envoy (BoringSSL) and OpenSSL.
    """
    lower, upper = load_certificate(child), load_certificate(parent)
    return _agree_on_key_id(lower, upper) and is_signed_by(lower, upper)


def find_path(
    start: Certificate, *, between: Iterable[Certificate], root: Certificate
) -> tuple[Certificate, ...] | None:
    """Return the fewest certificates that lead from one to a root, both left out; None if none do.

    Another root is never a step on the way.
    """
    steps = [each for each in between if not each.is_self_signed]
    seen = {start.fingerprint}
    open_ends: deque[tuple[Certificate, tuple[Certificate, ...]]] = deque([(start, ())])
    while open_ends:
        last, path = open_ends.popleft()
        if is_issued_by(last, root):
            return path
        for step in steps:
            if step.fingerprint not in seen and is_issued_by(last, step):
                seen.add(step.fingerprint)
                open_ends.append((step, (*path, step)))
    return None


def find_top(start: Certificate, between: Iterable[Certificate]) -> Certificate:
    """Return the uppermost certificate that is known above one, a root if it is."""
    others = [each for each in between if each.fingerprint != start.fingerprint]
    top = start
    while not top.is_self_signed:
        above = next((each for each in others if is_issued_by(top, each)), None)
        if above is None:
            return top
        others = [each for each in others if each.fingerprint != above.fingerprint]
        top = above
    return top


def _agree_on_key_id(child: x509.Certificate, parent: x509.Certificate) -> bool:
    wanted, present = _find_authority_key_id(child), find_subject_key_id(parent)
    return wanted is None or present is None or wanted == present


def _find_authority_key_id(certificate: x509.Certificate) -> bytes | None:
    try:
        found = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except x509.ExtensionNotFound:
        return None
    return found.value.key_identifier


def find_subject_key_id(certificate: x509.Certificate) -> bytes | None:
    """Return the key id that a certificate bears (RFC 5280, 4.2.1.2), None if it bears none."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        return None
    return found.value.digest
