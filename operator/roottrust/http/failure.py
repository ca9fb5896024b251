"""Why a request got no answer, in a few words; the exceptions' own may hold what was sent."""

from __future__ import annotations

import socket
import ssl

import requests

_MAX_CHAIN = 10


def find_certificate_refusal(failure: BaseException) -> str | None:
    """Return why a server's certificate is not trusted, in OpenSSL's words; None if it is not that.

    aiohttp's own exception of that class only wraps them.
    """
    for link in _walk(failure):
        if isinstance(link, ssl.SSLCertVerificationError) and hasattr(link, "verify_message"):
            return str(link.verify_message)
    return None


def describe_failure(failure: BaseException, *, timeout_seconds: float | None = None) -> str:
    """Return what happened, as the end of a sentence; None is for a wait of several limits."""
    links = _walk(failure)
    if isinstance(failure, requests.exceptions.Timeout | TimeoutError):
        return f"no answer {f'within {timeout_seconds:g} s' if timeout_seconds else 'in time'}"
    if any(isinstance(link, requests.exceptions.SSLError | ssl.SSLError) for link in links):
        return "it does not speak TLS as we do"
    for link in links:
        if isinstance(link, socket.gaierror):
            return "its name does not resolve"
        if isinstance(link, ConnectionRefusedError):
            return "connection refused"
        if isinstance(link, ConnectionResetError):
            return "connection reset"
    return "the connection failed"


def _walk(failure: BaseException) -> list[BaseException]:
    """Return the exceptions that urllib3 and requests, or aiohttp, wrapped into each other."""
    found: list[BaseException] = []
    queue: list[BaseException | None] = [failure]
    while queue and len(found) < _MAX_CHAIN:
        link = queue.pop(0)
        if link is None or link in found:
            continue
        found.append(link)
        wrapped = [argument for argument in link.args if isinstance(argument, BaseException)]
        reason = getattr(link, "reason", None)
        if isinstance(reason, BaseException):
            wrapped.append(reason)
        queue.extend([*wrapped, link.__cause__, link.__context__])
    return found
