"""Asking Vault as somebody, in plain requests: answers are looked at, refusals among them."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from testbed import Vault

FORBIDDEN = 403
MANY = 3  # how often a connection is made anew that a Vault closed meanwhile

Ask = Callable[..., requests.Response]


def build_ask(vault: Vault, token: str) -> Ask:
    """Return what sends requests with a token; paths are as in `vault read`."""

    def ask(method: str, path: str, body: Mapping[str, Any] | None = None) -> requests.Response:
        return _open_session(vault.ca_file).request(
            method,
            f"{vault.address}/v1/{path}",
            headers={"X-Vault-Token": token},
            json=body,
            timeout=10,
        )

    return ask


@cache
def _open_session(ca_file: Path) -> requests.Session:
    """Keep connections: a new one is most of what a request costs both sides."""
    session = requests.Session()
    session.trust_env = False
    session.verify = str(ca_file)
    session.mount("https://", HTTPAdapter(max_retries=MANY, pool_maxsize=4))
    atexit.register(session.close)
    return session


def in_namespace(ask: Ask, namespace: str) -> Ask:
    """Return the same in a namespace, whose name may stand before the path as well."""

    def ask_there(
        method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> requests.Response:
        return ask(method, f"{namespace}/{path}", body)

    return ask_there


def write(ask: Ask, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Write what a test needs, and return the answer's data."""
    answer = ask("POST", path, body)
    assert answer.ok, f"POST {path}: {answer.text}"
    data: dict[str, Any] = (answer.json() if answer.content else {}).get("data") or {}
    return data


def read(ask: Ask, path: str) -> dict[str, Any] | None:
    """Return the data at a path, None if Vault has none there."""
    answer = ask("GET", path)
    if answer.status_code in {400, 404}:
        return None  # 400 is the answer for a mount that is not there
    assert answer.ok, f"GET {path}: {answer.text}"
    data: dict[str, Any] = answer.json()["data"]
    return data
