"""The files of a CA folder as certificates, a key, and the paths that they make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from roottrust.domain.ca_files import CERTIFICATE, CHAIN, KEY, TRUST_BUNDLE, CaFiles
from roottrust.domain.ca_key import PrivateKey, UnreadableKeyError, load_key
from roottrust.domain.certificate import (
    Certificate,
    UnreadableCertificateError,
    parse_certificate,
    parse_certificates,
)
from roottrust.domain.certificate_path import find_path
from roottrust.domain.reasons import Reason

Content = TypeVar("Content")

_REASONS = {KEY: Reason.INVALID_KEY, TRUST_BUNDLE: Reason.INVALID_TRUST_BUNDLE}


class UnreadableCaError(ValueError):
    """One of the files cannot be read; the message names it, and holds nothing of it."""

    def __init__(self, message: str, *, reason: Reason) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class CaPath:
    """The certificates above the intermediate, from its issuer to a root, which is the last."""

    issuers: tuple[Certificate, ...]

    @property
    def root(self) -> Certificate:
        """Where it ends."""
        return self.issuers[-1]

    @property
    def intermediates(self) -> tuple[Certificate, ...]:
        """What stands between."""
        return self.issuers[:-1]

    @property
    def end(self) -> datetime:
        """When the first certificate in it expires."""
        return min(each.not_after for each in self.issuers)


@dataclass(frozen=True, kw_only=True)
class ReadCa:
    """What the files hold; `chain` is cert-chain.pem as it is, `roots` is root-cert.pem."""

    intermediate: Certificate
    key: PrivateKey = field(repr=False)
    chain: tuple[Certificate, ...]
    roots: tuple[Certificate, ...]

    @cached_property
    def paths(self) -> tuple[CaPath, ...]:
        """The shortest path to each root that is reached, in the order of root-cert.pem."""
        return find_paths(self.intermediate, between=self.chain, roots=self.roots)

    @property
    def usable_until(self) -> datetime:
        """When it ends to be of use: its own end, or that of the longest-lived path above it."""
        ends = [path.end for path in self.paths]
        return min(
            [self.intermediate.not_after, max(ends)] if ends else [self.intermediate.not_after]
        )


def find_paths(
    intermediate: Certificate, *, between: Sequence[Certificate], roots: Sequence[Certificate]
) -> tuple[CaPath, ...]:
    """Return the shortest path to each root that is reached; what is not self-signed is none."""
    found = [
        (find_path(intermediate, between=between, root=root), root)
        for root in roots
        if root.is_self_signed
    ]
    return tuple(CaPath(issuers=(*path, root)) for path, root in found if path is not None)


def find_issuers_end(chain: str, *, trust_bundle: str) -> datetime:
    """Return when the first certificate above the chain's first expires, on its best path.

    Texts are those of a CA folder that was checked; raises UnreadableCertificateError for others.
    """
    intermediate, *above = parse_certificates(chain)
    roots = parse_certificates(trust_bundle)
    paths = find_paths(intermediate, between=above, roots=roots)
    return max((path.end for path in paths), default=intermediate.not_after)


def read_ca(files: CaFiles) -> ReadCa:
    """Read the files; raises UnreadableCaError."""
    return ReadCa(
        intermediate=_read(CERTIFICATE, lambda: parse_certificate(files.certificate)),
        key=_read(KEY, lambda: load_key(files.key)),
        chain=_read(CHAIN, lambda: parse_certificates(files.chain)),
        roots=_read(TRUST_BUNDLE, lambda: parse_certificates(files.trust_bundle)),
    )


def _read(name: str, parse: Callable[[], Content]) -> Content:
    try:
        return parse()
    except (UnreadableCertificateError, UnreadableKeyError) as error:
        raise UnreadableCaError(
            f"{name} cannot be read: {error}",
            reason=_REASONS.get(name, Reason.INVALID_INTERMEDIATE),
        ) from None
