"""A client of istiod that shows a certificate instead of a token, as a VM does that renews its."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID

from roottrust.domain.ca_files import CaFiles
from roottrust.istiod.tls import trust_anybody
from tests.integration.agent.istiod import Istiod
from tests.unit.domain.authorities import Authority, new_key
from tests.unit.domain.certificates import build_name

SECONDS = 10.0
_UNKNOWN_CA = "TLSV1_ALERT_UNKNOWN_CA"
_IDENTITY = x509.UniformResourceIdentifier("spiffe://cluster.local/ns/vms/sa/default")
# What begins HTTP/2, and an empty frame of settings: a server that takes it answers with its own.
_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])


def knows_client(istiod: Istiod, issued_by: CaFiles, folder: Path) -> bool:
    """Whether istiod lets in who shows a certificate that this intermediate has signed."""
    context = trust_anybody()
    context.load_cert_chain(_write_leaf(issued_by, folder))
    try:
        with (
            socket.create_connection((istiod.host, istiod.port), timeout=SECONDS) as connection,
            context.wrap_socket(connection, server_hostname=istiod.name) as secured,
        ):
            secured.sendall(_HELLO)
            return bool(secured.recv(1))
    except ssl.SSLError as refusal:
        if refusal.reason != _UNKNOWN_CA:
            raise
        return False


def _write_leaf(issued_by: CaFiles, folder: Path) -> Path:
    """Return a file with a leaf, its key and the intermediate above it."""
    key = serialization.load_pem_private_key(issued_by.key.get_secret_value().encode(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    authority = Authority(x509.load_pem_x509_certificate(issued_by.certificate.encode()), key)
    now, leaf_key = datetime.now(UTC), new_key()
    leaf = authority.certify(
        leaf_key,
        build_name("vm"),
        is_ca=False,
        usage=None,
        extensions=[
            x509.SubjectAlternativeName([_IDENTITY]),
            x509.ExtendedKeyUsage(
                [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
            ),
        ],
        begin=now - timedelta(minutes=1),
        end=now + timedelta(hours=1),
    )
    path = folder / "client.pem"
    made = Authority(leaf, leaf_key)
    path.write_text(made.pem + issued_by.certificate + made.key_pem)
    return path
