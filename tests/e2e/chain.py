"""What a workload's certificate rests on, step by step and byte by byte, as istiod's Go sees it."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

from cryptography import x509


def check_chain(chain_pem: str, root_pem: str) -> list[x509.Certificate]:
    """Return leaf, intermediates and root, each of which was signed by the next one."""
    chain = x509.load_pem_x509_certificates(chain_pem.encode())
    (root,) = x509.load_pem_x509_certificates(root_pem.encode())
    if chain[-1] != root:  # istio's agent appends it
        chain.append(root)
    for issued, issuer in pairwise(chain):
        # Go compares names by their bytes; others forgive another encoding of the same text.
        assert issued.issuer.public_bytes() == issuer.subject.public_bytes()
        issued.verify_directly_issued_by(issuer)
        assert issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    now = datetime.now(UTC)
    for each in chain:
        assert each.not_valid_before_utc <= now <= each.not_valid_after_utc
    return chain


def read_identity(leaf: x509.Certificate) -> str:
    """Return its SPIFFE id."""
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    (identity,) = names.get_values_for_type(x509.UniformResourceIdentifier)
    return identity
