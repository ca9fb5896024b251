"""Connect anew by mutual TLS many times a second, and print as JSON what became of it.

client.py ADDRESS SECONDS CONNECTIONS_A_SECOND

It ends sooner once there is a file /tmp/enough.
"""

import json
import signal
import ssl
import sys
import time
from collections import Counter
from pathlib import Path

from connection import prove
from cryptography import x509
from identity import CERTIFICATES, build_context

ENOUGH = Path("/tmp/enough")  # noqa: S108 - of this pod alone


def read_issuer_serial() -> str:
    """Name the intermediate that the client's own certificate is signed by."""
    text = (CERTIFICATES / "cert-chain.pem").read_bytes()
    return format(x509.load_pem_x509_certificates(text)[1].serial_number, "x")


def main(address: str, seconds: float, rate: float) -> None:
    """Keep the pace, however long a connection takes."""
    errors: Counter[str] = Counter()
    peers: Counter[str] = Counter()
    issuers: list[str] = []
    failed_at: list[float] = []
    begun, total = time.monotonic(), 0
    while time.monotonic() < begun + seconds and not ENOUGH.exists():
        total += 1
        try:
            peers[prove(address, build_context(ssl.Purpose.SERVER_AUTH))] += 1
            issuer = read_issuer_serial()
            if issuer not in issuers:
                issuers.append(issuer)
        except (OSError, IndexError) as error:
            errors[f"{type(error).__name__}: {error}"] += 1
            failed_at.append(round(time.time(), 1))
        time.sleep(max(0.0, begun + total / rate - time.monotonic()))
    told = {"total": total, "errors": errors, "peers": peers, "issuers": issuers}
    print(json.dumps({**told, "failed_at": failed_at}))


main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))
signal.sigwait({signal.SIGTERM})  # were it to end, the kubelet would start it again
