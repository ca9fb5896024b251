"""Connect once, and print as JSON who answered, or what was in the way.

once.py ADDRESS [careless]

A careless client takes any server for good, so that the server alone decides.
"""

import json
import ssl
import sys

from connection import connect, hear
from identity import build_context, read_identity


def main(address: str, *words: str) -> None:
    """Tell the identity that the server has proven, and the one that it has seen."""
    context = build_context(ssl.Purpose.SERVER_AUTH)
    if "careless" in words:
        context.verify_mode = ssl.CERT_NONE
    told = {"server": "", "client": "", "error": ""}
    try:
        with connect(address, context) as connection:
            told["client"] = hear(connection)
            told["server"] = "" if "careless" in words else read_identity(connection)
    except OSError as error:
        told["error"] = f"{type(error).__name__}: {error}"
    print(json.dumps(told))


main(*sys.argv[1:])
