"""The roots that a mesh trusts, as the text that istiod compares byte by byte.

istiod drops an update whose root-cert.pem differs in as much as a blank line (istio,
pilot/pkg/bootstrap/istio_ca.go): the order is fixed, and what is new is appended.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from roottrust.domain.certificate import Certificate


@dataclass(frozen=True, kw_only=True)
class TrustBundle:
    """One root in use, and those that are trusted beside it, in their order, each one once."""

    roots: tuple[Certificate, ...]

    @property
    def root(self) -> Certificate:
        """The root in use: what signs intermediates."""
        return self.roots[0]

    @property
    def pem(self) -> str:
        """The exact text of root-cert.pem: canonical PEM that ends in one newline."""
        return "".join(each.pem for each in self.roots)

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """SHA-256 of each root, in their order."""
        return tuple(each.fingerprint for each in self.roots)

    @property
    def text_fingerprint(self) -> str:
        """SHA-256 of the text: what agents report of the file that they gave istiod."""
        return fingerprint_text(self.pem)


def build_trust_bundle(root: Certificate, *others: Certificate) -> TrustBundle:
    """Return the bundle with the root in use first, and others behind it as they are given."""
    found = {each.fingerprint: each for each in reversed((root, *others))}
    order = dict.fromkeys(each.fingerprint for each in (root, *others))
    return TrustBundle(roots=tuple(found[fingerprint] for fingerprint in order))


def fingerprint_text(pem: str) -> str:
    """Return SHA-256 in hex of a bundle's text."""
    return hashlib.sha256(pem.encode()).hexdigest()
