"""Whether istiod serves an intermediate: seen in its own certificate on port 15012.

istiod tells nobody that it refused a CA folder, and its expiry metrics cannot tell two apart. Its
serving certificate is made anew under each intermediate that it takes (updateRootCertAndGenKeyCert
in istio pilot/pkg/bootstrap/certcontroller.go).
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from roottrust.domain.certificate import (
    Certificate,
    UnreadableCertificateError,
    parse_certificate,
    parse_certificates,
)
from roottrust.domain.certificate_path import is_issued_by
from roottrust.domain.published_root import is_name_of_istiods_own
from roottrust.domain.read_ca import find_paths
from roottrust.http.failure import describe_failure
from roottrust.istiod.tls import trust_anybody, trust_roots

_HOSTNAME_MISMATCH = 62  # X509_V_ERR_HOSTNAME_MISMATCH
_HAS_EXPIRED = 10  # X509_V_ERR_CERT_HAS_EXPIRED
_NOT_YET_VALID = 9  # X509_V_ERR_CERT_NOT_YET_VALID
_NOT_TAKEN = (
    "it has not taken the last publication; if that lasts, see its log for what it refused, and "
    "restart it (it takes another root while it runs with ISTIO_MULTIROOT_MESH=true only)"
)


class Serving(StrEnum):
    """What istiod serves."""

    NOTHING = "Nothing"
    THIS = "This"
    OLDER = "Older"
    SELF_SIGNED = "SelfSigned"
    FOREIGN = "Foreign"
    UNUSABLE = "Unusable"


@dataclass(frozen=True, kw_only=True)
class ProbeResult:
    """What was seen, in one sentence that says what to do next."""

    serving: Serving
    message: str


@dataclass(frozen=True, kw_only=True)
class _Address:
    host: str
    port: int
    name: str
    timeout_seconds: float

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def probe_istiod(
    host: str,
    port: int,
    *,
    name: str,
    chain: str,
    trust_bundle: str,
    timeout_seconds: float,
) -> ProbeResult:
    """Ask istiod for its certificate and compare it; blocks for three handshakes at most.

    `chain` and `trust_bundle` are the texts of cert-chain.pem and root-cert.pem, `name` is one in
    istiod's certificate. Each root that the chain leads to is trusted by itself, as by a peer that
    knows no other: with a cross-certificate there are two. Raises UnreadableCertificateError for
    texts that are none.
    """
    served = parse_certificates(chain)
    paths = find_paths(served[0], between=served, roots=parse_certificates(trust_bundle))
    address = _Address(host=host, port=port, name=name, timeout_seconds=timeout_seconds)
    try:
        return _probe(served, [path.root for path in paths], address)
    except OSError as failure:
        return ProbeResult(
            serving=Serving.NOTHING,
            message=f"istiod does not answer at {address} ({describe_failure(failure)}): wait "
            "until it has started, or see its log.",
        )


def _probe(
    chain: Sequence[Certificate], roots: Sequence[Certificate], address: _Address
) -> ProbeResult:
    leaf = None
    for root in roots:
        try:
            leaf = _fetch_leaf(trust_roots(root.pem), address)
        except ssl.SSLCertVerificationError as refusal:
            return _explain_refusal(chain, root, refusal, address)
    if leaf is None:
        return _explain_foreign(_fetch_leaf(trust_anybody(), address))
    if is_issued_by(leaf, chain[0]):
        return ProbeResult(serving=Serving.THIS, message="istiod serves this intermediate.")
    return ProbeResult(
        serving=Serving.OLDER,
        message=f"istiod serves another intermediate under the same root: {_NOT_TAKEN}.",
    )


def _explain_refusal(
    chain: Sequence[Certificate],
    root: Certificate,
    refusal: ssl.SSLCertVerificationError,
    address: _Address,
) -> ProbeResult:
    if refusal.verify_code == _HOSTNAME_MISMATCH:
        return ProbeResult(
            serving=Serving.UNUSABLE,
            message=f"What answers at {address} has no certificate for {address.name}: see "
            "that it is istiod, and in which namespace.",
        )
    if refusal.verify_code in (_HAS_EXPIRED, _NOT_YET_VALID):
        return ProbeResult(
            serving=Serving.UNUSABLE,
            message=f"A certificate in istiod's chain is out of its time ({refusal.verify_message}"
            "): see this node's clock, then istiod's log.",
        )
    leaf = _fetch_leaf(trust_anybody(), address)
    if leaf.issuer == chain[0].subject:
        return ProbeResult(
            serving=Serving.OLDER,
            message=f"istiod serves a chain that does not lead to {root.subject!r}: {_NOT_TAKEN}.",
        )
    return _explain_foreign(leaf)


def _explain_foreign(leaf: Certificate) -> ProbeResult:
    if is_name_of_istiods_own(leaf.issuer):
        return ProbeResult(
            serving=Serving.SELF_SIGNED,
            message=f"istiod signs with a CA of its own ({leaf.issuer}), for it found no files "
            "when it started: delete the Secret istio-ca-secret, and restart istiod.",
        )
    return ProbeResult(
        serving=Serving.FOREIGN,
        message=f"istiod serves a certificate by {leaf.issuer!r}, which is not under the pinned "
        "root: a Secret istiod-tls that is left from istio-csr is likely to override it; delete "
        "that, and restart istiod.",
    )


def _fetch_leaf(context: ssl.SSLContext, address: _Address) -> Certificate:
    """Shake hands, and return the certificate that was shown; raises OSError, ssl's among them."""
    with (
        socket.create_connection(
            (address.host, address.port), timeout=address.timeout_seconds
        ) as connection,
        context.wrap_socket(connection, server_hostname=address.name) as secured,
    ):
        der = secured.getpeercert(binary_form=True)
    try:
        return parse_certificate(ssl.DER_cert_to_PEM_cert(der or b""))
    except UnreadableCertificateError as error:
        raise ssl.SSLError(str(error)) from None
