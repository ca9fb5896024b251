"""Reading the chain that istiod serves, whatever it is: whoever asks judges it."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

from roottrust.istiod.address import IstiodAddress
from roottrust.istiod.failure import classify_connection_failure
from roottrust.istiod.tls import trust_anybody


async def read_served_chain(address: IstiodAddress, *, timeout_seconds: float) -> str:
    """Return the certificates of a TLS handshake in PEM, leaf first.

    Nothing is sent over the connection, for nobody has been trusted. Raises TransientError.
    """
    try:
        async with asyncio.timeout(timeout_seconds):
            _, writer = await asyncio.open_connection(
                address.host,
                address.port,
                ssl=trust_anybody(),
                server_hostname=address.server_name,
            )
    except OSError as failure:
        raise classify_connection_failure(failure, name=address.server_name) from None
    try:
        return "".join(map(ssl.DER_cert_to_PEM_cert, _get_chain(writer)))
    finally:
        writer.transport.abort()


def _get_chain(writer: asyncio.StreamWriter) -> list[bytes]:
    connection: Any = writer.get_extra_info("ssl_object")
    if hasattr(connection, "get_unverified_chain"):
        return list(connection.get_unverified_chain())
    # Python before 3.13 has it in the C object alone; Certificate.public_bytes gives DER by 1.
    chain = connection._sslobj.get_unverified_chain()  # noqa: SLF001
    return [ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in chain or ()]
