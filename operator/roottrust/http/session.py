"""Blocking sessions that send what they are told to, to whom they are told, and nothing else."""

from __future__ import annotations

import ssl

import requests

from roottrust.http.adapter import GuardedAdapter
from roottrust.http.guard import Guard, allow_writes


def build_session(
    context: ssl.SSLContext, *, pool_size: int, guard: Guard = allow_writes
) -> requests.Session:
    """Return a session that trusts whom the context trusts, and sends no credentials of its own."""
    session = requests.Session()
    adapter = GuardedAdapter(context, guard=guard, pool_size=pool_size)
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    # An own (empty) auth keeps requests from sending credentials of ~/.netrc.
    session.auth = _send_no_auth
    return session


def _send_no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
