"""A workload: it answers, or asks another one, by mutual TLS with the identity that istiod gave it.

peer.py serve           answer each connection with the identity that its other side has proven
peer.py ask ADDRESS     ask once, and tell what both sides have proven
peer.py talk ADDRESS    ask anew 20 times a second until told to hang up, and count
peer.py hang-up         have that end
"""

import json
import socket
import ssl
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from cryptography import x509

CERTIFICATES = Path("/etc/certs")
PORT = 8443
A_SECOND = 20
HANG_UP = Path("/tmp/hang-up")  # noqa: S108  the container is the workload's own

_TRIES = 50
_SECONDS_BETWEEN = 0.005


def build_context(purpose: ssl.Purpose) -> ssl.SSLContext:
    """Trust the mesh's root alone, and show the workload's own certificate.

    istio's agent exchanges its files one after another: they are read again until they match.
    """
    for attempt in range(_TRIES):
        context = ssl.create_default_context(purpose, cafile=str(CERTIFICATES / "root-cert.pem"))
        context.check_hostname = False  # an identity is a URI
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # istiod's certificates are not so strict
        try:
            context.load_cert_chain(CERTIFICATES / "cert-chain.pem", CERTIFICATES / "key.pem")
        except (ssl.SSLError, OSError):
            if attempt == _TRIES - 1:
                raise
            time.sleep(_SECONDS_BETWEEN)
        else:
            return context
    raise AssertionError


def read_certificate(connection: ssl.SSLSocket) -> x509.Certificate:
    """Return the certificate by which the other side has proven who it is."""
    return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"")


def read_identity(certificate: x509.Certificate) -> str:
    """Return its SPIFFE id."""
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    (identity,) = names.get_values_for_type(x509.UniformResourceIdentifier)
    return identity


def read_signer(certificate: x509.Certificate) -> str:
    """Return the identifier of the key that signed it: each intermediate has one of its own."""
    found = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    return (found.key_identifier or b"").hex()


def serve() -> None:
    """Answer for ever; a peer that is not trusted is told by TLS itself."""
    with socket.create_server(("", PORT), backlog=128) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(raw: socket.socket) -> None:
    raw.settimeout(5)
    try:
        with build_context(ssl.Purpose.CLIENT_AUTH).wrap_socket(raw, server_side=True) as served:
            served.sendall(read_identity(read_certificate(served)).encode())
    except OSError:
        raw.close()


def ask(address: str) -> dict[str, str]:
    """Return what both sides have proven, and which intermediate signed for the other one."""
    with (
        socket.create_connection((address, PORT), timeout=5) as raw,
        build_context(ssl.Purpose.SERVER_AUTH).wrap_socket(raw) as connection,
    ):
        client = connection.recv(256).decode()
        if not client:
            raise ConnectionError("the other side said nothing")
        certificate = read_certificate(connection)
        return {
            "client": client,
            "server": read_identity(certificate),
            "issuer": certificate.issuer.rfc4514_string(),
            "signer": read_signer(certificate),
        }


def talk(address: str) -> dict[str, object]:
    """Keep asking until there is the file that ends it; tell of all that became of it."""
    refused: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    begun, total = time.monotonic(), 0
    while not HANG_UP.exists():
        total += 1
        try:
            ask(address)
        except ssl.SSLCertVerificationError as error:
            refused[error.verify_message] += 1
        except OSError as error:
            errors[f"{type(error).__name__}: {error}"] += 1
        time.sleep(max(0.0, begun + total / A_SECOND - time.monotonic()))
    HANG_UP.unlink()
    return {"total": total, "refused": refused, "errors": errors}


def main(command: str, *words: str) -> int:
    """Do one of these; results are printed as JSON, a refusal in TLS's own words."""
    if command == "serve":
        serve()
    elif command == "talk":
        print(json.dumps(talk(*words)))
    elif command == "hang-up":
        HANG_UP.touch()
    else:
        try:
            print(json.dumps(ask(*words)))
        except OSError as error:
            print(f"refused: {error}")
            return 1
    return 0


sys.exit(main(*sys.argv[1:]))
