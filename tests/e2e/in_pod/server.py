"""Answer each mutual TLS connection with the identity that its peer has proven."""

import socket
import ssl
import threading

from connection import PORT
from identity import build_context, read_identity


def answer(raw: socket.socket) -> None:
    """Serve one connection; a peer that is not trusted is the client's to tell."""
    raw.settimeout(5)
    try:
        with build_context(ssl.Purpose.CLIENT_AUTH).wrap_socket(raw, server_side=True) as served:
            served.sendall(read_identity(served).encode())
    except OSError as error:
        print(error)


with socket.create_server(("", PORT), backlog=128) as listener:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection,), daemon=True).start()
