"""Whether a chain leads up to roots that were pinned, by the rules of those who will verify it.

istiod and its workloads verify by Go's crypto/x509 (Certificate.Verify): names are compared as
bytes, every certificate on the way has to be valid now, and the path length counts all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from roottrust.domain.certificate import Certificate
from roottrust.domain.certificate_path import find_top, is_issued_by
from roottrust.domain.moment import show_time

# Every way through a chain is tried, so a served one must not be long.
_MAX_CHAIN = 6

Path = tuple[Certificate, ...]


def find_chain_fault(
    chain: tuple[Certificate, ...], roots: tuple[Certificate, ...], *, now: datetime
) -> str | None:
    """Return why the first certificate is not trusted under the roots, None if it is.

    The others of the chain may come in any order. The answer is a clause without a full stop.
    """
    if not chain:
        return "there is no certificate"
    if len(chain) > _MAX_CHAIN:
        return f"its chain has {len(chain)} certificates, which nobody verifies"
    first: str | None = None
    for path in _find_paths((chain[0],), chain[1:], roots):
        fault = _find_fault_of_path(path, now=now)
        if fault is None:
            return None
        first = first or fault
    return first or _describe_end(chain, roots)


def _find_paths(
    path: Path, others: tuple[Certificate, ...], roots: tuple[Certificate, ...]
) -> Iterator[Path]:
    """Return every way up to a root; a root that is in the chain itself proves nothing."""
    for root in roots:
        if root.fingerprint == path[-1].fingerprint:
            yield path
        elif is_issued_by(path[-1], root):
            yield (*path, root)
    known = {each.fingerprint for each in (*path, *roots)}
    for number, each in enumerate(others):
        if each.fingerprint not in known and is_issued_by(path[-1], each):
            yield from _find_paths((*path, each), others[:number] + others[number + 1 :], roots)


def _find_fault_of_path(path: Path, *, now: datetime) -> str | None:
    for place, each in enumerate(path):
        fault = _find_fault_of_time(each, now=now)
        if fault is None and place > 0:
            fault = _find_fault_of_issuer(each, below=place - 1)
        if fault is not None:
            return f"{_name(each)} {fault}"
    return None


def _find_fault_of_time(certificate: Certificate, *, now: datetime) -> str | None:
    if now < certificate.not_before:
        return f"is valid only from {show_time(certificate.not_before)}"
    if now > certificate.not_after:
        return f"expired at {show_time(certificate.not_after)}"
    return None


def _find_fault_of_issuer(certificate: Certificate, *, below: int) -> str | None:
    """Return why it may not issue; `below` counts the CAs between it and the first certificate."""
    if not certificate.is_ca:
        return "is no CA"
    if not certificate.allows_signing:
        return "must not sign certificates (its key usage lacks keyCertSign)"
    if certificate.path_length is not None and below > certificate.path_length:
        return f"allows {certificate.path_length} CAs below it, and there are {below}"
    return None


def _describe_end(chain: tuple[Certificate, ...], roots: tuple[Certificate, ...]) -> str:
    """Say where the chain ends instead of at a root."""
    end = find_top(chain[0], chain[1:])
    if end.is_self_signed:
        return f"it ends at {_name(end)} (SHA-256 {end.fingerprint[:16]}…), which is another root"
    if any(root.subject == end.issuer for root in roots):
        return f"{_name(end)} bears the name of the root as its issuer, and another key signed it"
    return f"it ends at {_name(end)}, issued by {end.issuer!r}, which is not the root"


def _name(certificate: Certificate) -> str:
    return repr(certificate.subject) if certificate.subject else "a certificate without a subject"
