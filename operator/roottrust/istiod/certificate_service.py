"""Asking istiod's CA for a workload certificate, as the agents of workloads do.

gRPC istio.v1.auth.IstioCertificateService/CreateCertificate (istio.io/api,
security/v1alpha1/ca.proto).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from grpclib import GRPCError
from grpclib.client import Channel, Handler, UnaryUnaryMethod
from grpclib.config import Configuration
from grpclib.exceptions import ProtocolError, StreamTerminatedError
from grpclib.protocol import H2Protocol
from pydantic import SecretStr

from roottrust.istiod.address import IstiodAddress
from roottrust.istiod.failure import classify_connection_failure
from roottrust.istiod.messages import CertificateCodec, CertificateRequest, CertificateResponse
from roottrust.istiod.refusal import classify_refusal
from roottrust.istiod.tls import trust_roots

TOKEN_AUDIENCE = "istio-ca"  # noqa: S105 - istio: security.TokenAudiences

_METHOD = "/istio.v1.auth.IstioCertificateService/CreateCertificate"


@dataclass(frozen=True, kw_only=True)
class ProbeRequest:
    """A request for a key that was made for it, and is gone with it."""

    csr: str
    public_key: bytes = field(repr=False)


def build_probe_request() -> ProbeRequest:
    """Return a request without names: istiod gives the identity of the token, whatever it says."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    request = builder.sign(key, hashes.SHA256())
    return ProbeRequest(
        csr=request.public_bytes(Encoding.PEM).decode(),
        public_key=key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    )


async def request_certificate(
    address: IstiodAddress,
    request: ProbeRequest,
    *,
    roots_pem: str,
    token: SecretStr,
    validity_seconds: int,
    timeout_seconds: float,
) -> tuple[str, ...]:
    """Return the parts of istiod's answer.

    The token is sent to an istiod alone that proves its name under the roots. Raises AccessDenied-,
    TransientError, and DependencyMissingError (reason ISTIOD_UNTRUSTED or ISTIOD_REFUSED).
    """
    channel = _Channel(
        address.host,
        address.port,
        ssl=trust_roots(roots_pem),
        codec=CertificateCodec(),
        config=Configuration(ssl_target_name_override=address.server_name),
    )
    ask = UnaryUnaryMethod(channel, _METHOD, CertificateRequest, CertificateResponse)
    try:
        answer = await ask(
            CertificateRequest(csr=request.csr, validity_seconds=validity_seconds),
            timeout=timeout_seconds,
            metadata={"authorization": f"Bearer {token.get_secret_value()}"},
        )
    except GRPCError as refusal:
        raise classify_refusal(refusal, name=address.server_name) from None
    except (OSError, ValueError, ProtocolError, StreamTerminatedError) as failure:
        raise classify_connection_failure(failure, name=address.server_name) from None
    finally:
        await channel.end()
    return answer.cert_chain


class _Channel(Channel):
    """A channel that is over once it is told so.

    grpclib's own closing says goodbye, and leaves the socket open until istiod has answered that.
    """

    _connection: _Connection | None = None

    async def end(self) -> None:
        self.close()
        if self._connection is not None:
            await self._connection.end()

    def _protocol_factory(self) -> H2Protocol:
        self._connection = _Connection(Handler(), self._config, self._h2_config)
        return self._connection


class _Connection(H2Protocol):
    _transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._is_over = asyncio.Event()
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self._is_over.set()

    async def end(self) -> None:
        if self._transport is not None:
            self._transport.abort()
            await self._is_over.wait()
