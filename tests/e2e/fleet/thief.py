"""Somebody who has the root's key, and calls a workload as another one all the while."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.integration.vault_calls import Ask, write

PAUSE_SECONDS = 0.25
PORT = 8443


@dataclass
class Thefts:
    """When the thief was let in and when not, by the clock of the machine."""

    accepted: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)


def forge(admin: Ask, issuer: str, identity: str, folder: Path) -> Path:
    """Return a workload's certificate that istiod never signed, with its key.

    Vault signs it in place of the thief, for the key of a root never leaves it.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "forged")])
    alternative = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(identity)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name)
    signed = request.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    asked = {"csr": signed.public_bytes(Encoding.PEM).decode(), "ttl": "2h"}
    made = write(admin, f"pki/issuer/{issuer}/sign-verbatim", asked)
    file = folder / "forged.pem"
    own = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    file.write_text(f"{own}{made['certificate']}\n")
    return file


@contextmanager
def trying(address: str, certificate: Path) -> Iterator[Thefts]:
    """Have the thief call a workload four times a second meanwhile."""
    thefts, stop = Thefts(), threading.Event()
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(certificate)

    def go_on() -> None:
        while not stop.wait(PAUSE_SECONDS):
            _try(address, context, thefts)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield thefts
    finally:
        stop.set()
        thread.join()


def _try(address: str, context: ssl.SSLContext, thefts: Thefts) -> None:
    """A server that trusts who calls says a word: in TLS 1.3 a handshake alone proves nothing."""
    try:
        with (
            socket.create_connection((address, PORT), timeout=5) as raw,
            context.wrap_socket(raw) as connection,
        ):
            is_in = bool(connection.recv(256))
    except ssl.SSLError:
        is_in = False
    except OSError as error:
        thefts.unanswered.append(str(error))
        return
    (thefts.accepted if is_in else thefts.refused).append(time.time())
