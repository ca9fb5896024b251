"""What an agent makes itself: key, request, and a leaf to try its intermediate with."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

IDENTITY = "spiffe://cluster.local/ns/bookinfo/sa/default"


@dataclass(frozen=True)
class Request:
    """A key and what asks for its certificate; Vault decides what becomes of the rest."""

    key: ec.EllipticCurvePrivateKey
    csr: str


def make_request() -> Request:
    """Make a key, and a request with a name that nobody pinned."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "whatever")])
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return Request(key, csr.public_bytes(serialization.Encoding.PEM).decode())


def load_key(pem: str) -> ec.EllipticCurvePrivateKey:
    """Read the key that Vault made."""
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def sign_leaf(issuer: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """Sign a workload's certificate, as istiod does."""
    now = datetime.now(UTC)
    leaf = ec.generate_private_key(ec.SECP256R1())
    identity = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(IDENTITY)])
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(issuer.subject)
        .public_key(leaf.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(identity, critical=True)
        .sign(key, hashes.SHA256())
    )


def verify_with_openssl(
    leaf: x509.Certificate, intermediate: x509.Certificate, *, root: Path, folder: Path
) -> str:
    """Return what openssl says of the chain."""
    files = {"leaf.pem": leaf, "intermediate.pem": intermediate}
    for name, certificate in files.items():
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        folder.joinpath(name).write_bytes(pem)
    words = ["openssl", "verify", "-CAfile", str(root)]
    words += ["-untrusted", "intermediate.pem", "leaf.pem"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr
