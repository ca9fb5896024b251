"""Connect anew by mutual TLS many times a second, and print as JSON what became of it.

client.py ADDRESS SECONDS CONNECTIONS_A_SECOND
"""

import json
import signal
import socket
import ssl
import sys
import time
from collections import Counter

from cryptography import x509
from identity import CERTIFICATES, build_context, read_identity

PORT = 8443


def connect(address: str) -> str:
    """Return the server's identity after both sides have proven theirs and spoken."""
    with (
        socket.create_connection((address, PORT), timeout=5) as raw,
        build_context(ssl.Purpose.SERVER_AUTH).wrap_socket(raw) as connection,
    ):
        if not connection.recv(256):
            raise ConnectionError("the server said nothing: it did not trust the client")
        return read_identity(connection)


def read_issuer_serial() -> str:
    """Name the intermediate that the client's own certificate is signed by."""
    text = (CERTIFICATES / "cert-chain.pem").read_bytes()
    return format(x509.load_pem_x509_certificates(text)[1].serial_number, "x")


def main(address: str, seconds: float, rate: float) -> None:
    """Keep the pace, however long a connection takes."""
    errors: Counter[str] = Counter()
    peers: Counter[str] = Counter()
    issuers: list[str] = []
    begun, total = time.monotonic(), 0
    while time.monotonic() < begun + seconds:
        total += 1
        try:
            peers[connect(address)] += 1
            issuer = read_issuer_serial()
            if issuer not in issuers:
                issuers.append(issuer)
        except (OSError, IndexError) as error:
            errors[f"{type(error).__name__}: {error}"] += 1
        time.sleep(max(0.0, begun + total / rate - time.monotonic()))
    print(json.dumps({"total": total, "errors": errors, "peers": peers, "issuers": issuers}))


main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))
signal.sigwait({signal.SIGTERM})  # were it to end, the kubelet would start it again
