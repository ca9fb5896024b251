"""The path from an intermediate to a trusted root, as Go, and so istiod, looks for it."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

Path = tuple[x509.Certificate, ...]


def find_path(
    certificate: x509.Certificate,
    *,
    between: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
) -> Path | None:
    """Return the shortest path, the certificate first and a root last, None if there is none."""
    paths: list[Path] = [(certificate,)]
    while paths:
        path = paths.pop(0)
        for root in roots:
            if is_issued_by(path[-1], root):
                return (*path, root)
        paths += [
            (*path, each) for each in between if each not in path and is_issued_by(path[-1], each)
        ]
    return None


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether one signed the other; names are compared by their bytes, as Go does."""
    if certificate.issuer.public_bytes() != issuer.subject.public_bytes():
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, TypeError, ValueError, UnsupportedAlgorithm):
        return False
    return True
