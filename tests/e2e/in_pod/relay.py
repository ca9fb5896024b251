"""Answer each plain connection with what became of one by mutual TLS to another workload.

relay.py ADDRESS
"""

import socket
import ssl
import sys
import threading

from connection import prove
from identity import build_context

PORT = 8080


def relay(plain: socket.socket, address: str) -> None:
    """Serve one connection, as a gateway does for somebody outside the mesh."""
    with plain:
        try:
            said = prove(address, build_context(ssl.Purpose.SERVER_AUTH))
        except OSError as error:
            said = f"{type(error).__name__}: {error}"
        plain.sendall(said.encode())


with socket.create_server(("", PORT), backlog=128) as listener:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=relay, args=(connection, sys.argv[1]), daemon=True).start()
