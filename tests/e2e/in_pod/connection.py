"""One mutual TLS connection to a workload, from the side of another one."""

import socket
import ssl

from identity import read_identity

PORT = 8443


def connect(address: str, context: ssl.SSLContext) -> ssl.SSLSocket:
    """Return a connection whose handshake is done, on this side."""
    raw = socket.create_connection((address, PORT), timeout=5)
    try:
        return context.wrap_socket(raw)
    except OSError:
        raw.close()
        raise


def hear(connection: ssl.SSLSocket) -> str:
    """Return what the server calls us: it speaks once it has trusted us, and not before."""
    said = connection.recv(256)
    if not said:
        raise ConnectionError("the server said nothing: it did not trust the client")
    return said.decode()


def prove(address: str, context: ssl.SSLContext) -> str:
    """Return the server's identity after both sides have proven theirs and spoken."""
    with connect(address, context) as connection:
        hear(connection)
        return read_identity(connection)
