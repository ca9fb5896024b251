"""A workload's certificate on trial, made as istiod makes them, and thrown away.

It proves what no look at the files does: that what this very key signs is accepted by this chain.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from roottrust.domain.certificate import Certificate, parse_certificate
from roottrust.domain.certificate_path import find_path, load_certificate
from roottrust.domain.finding import Finding, fatal, name
from roottrust.domain.read_ca import ReadCa
from roottrust.domain.reasons import Reason

_URI = x509.UniformResourceIdentifier("spiffe://cluster.local/ns/istio-system/sa/roottrust-trial")
_SERVES_AND_CALLS = x509.ExtendedKeyUsage(
    [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
)
# What istiod gives a workload that asks for nothing else (DEFAULT_WORKLOAD_CERT_TTL).
LEAF_LIFE = timedelta(hours=24)
# istiod does so for clocks that are behind (ClockSkewGracePeriod in generate_cert.go).
_BEGINS_BEFORE = timedelta(minutes=2)


def check_trial_leaf(ca: ReadCa, *, now: datetime) -> Iterator[Finding]:
    """Find whether a leaf signed with the key leads to a pinned root; nothing is kept of it."""
    leaf = _sign_leaf(ca, now)
    if any(find_path(leaf, between=ca.chain, root=path.root) is not None for path in ca.paths):
        return
    yield fatal(
        Reason.TRIAL_LEAF_REJECTED,
        f"A certificate signed with ca-key.pem does not verify against {name(ca.intermediate)} and "
        "the pinned root: have the agent obtain a new intermediate.",
    )


def _sign_leaf(ca: ReadCa, now: datetime) -> Certificate:
    issuer = load_certificate(ca.intermediate)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(issuer.subject)
        .public_key(ec.generate_private_key(ec.SECP256R1()).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEGINS_BEFORE)
        .not_valid_after(min(now + LEAF_LIFE, ca.usable_until))
        .add_extension(x509.SubjectAlternativeName([_URI]), critical=True)
        .add_extension(_SERVES_AND_CALLS, critical=False)
    )
    signed = builder.sign(ca.key, hashes.SHA256())
    return parse_certificate(signed.public_bytes(Encoding.PEM).decode())
