"""Ask a server whether it is well."""

from __future__ import annotations

import ssl
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit


def is_good(url: str, *, context: ssl.SSLContext | None = None, seconds: float = 2) -> bool:
    """Tell whether the address answers, and with success."""
    place = urlsplit(url)
    # Not urlopen, which leaves a connection open that breaks while it sends.
    with closing(_build(place.netloc, context, seconds)) as connection:
        try:
            connection.request("GET", place.path)
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False


def _build(netloc: str, context: ssl.SSLContext | None, seconds: float) -> HTTPConnection:
    if context is None:
        return HTTPConnection(netloc, timeout=seconds)
    return HTTPSConnection(netloc, timeout=seconds, context=context)
