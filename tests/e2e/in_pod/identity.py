"""A workload's certificates as its agent keeps them, read anew for every connection."""

import ssl
import time
from pathlib import Path

CERTIFICATES = Path("/etc/certs")
_TRIES = 50
_SECONDS_BETWEEN = 0.005


def build_context(purpose: ssl.Purpose) -> ssl.SSLContext:
    """Trust the mesh's roots alone, and show the workload's own certificate.

    The agent exchanges its files one after another: key and certificate are read again until they
    belong together. That is no failure of the mesh.
    """
    for attempt in range(_TRIES):
        context = ssl.create_default_context(purpose, cafile=str(CERTIFICATES / "root-cert.pem"))
        context.check_hostname = False  # an identity is a URI
        context.verify_mode = ssl.CERT_REQUIRED
        # The guide's root has no key usage: Go and Envoy do not ask for it, Python does since 3.13.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        try:
            context.load_cert_chain(CERTIFICATES / "cert-chain.pem", CERTIFICATES / "key.pem")
        except (ssl.SSLError, OSError):
            if attempt == _TRIES - 1:
                raise
            time.sleep(_SECONDS_BETWEEN)
        else:
            return context
    raise AssertionError


def read_identity(connection: ssl.SSLSocket) -> str:
    """Return the SPIFFE id that the peer has proven."""
    certificate = connection.getpeercert() or {}
    return next(value for kind, value in certificate["subjectAltName"] if kind == "URI")
