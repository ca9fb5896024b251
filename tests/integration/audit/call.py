"""What an API server was asked by the product, as its audit log tells."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

PRODUCT = "roottrust"  # what its processes call themselves begins with that
REVIEWER = ":roottrust-reviewer"  # by whose token Vault asks, on behalf of the product

_ALLOWED_BY = re.compile(r'of (?P<role>(?:Cluster)?Role "[^"]+")')
_CREATED = 201


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request, and by which role it was allowed: an empty one if it was refused."""

    user: str
    verbs: tuple[str, ...]
    group: str
    resource: str
    namespace: str
    name: str
    role: str
    is_refused: bool
    at: datetime

    @property
    def account(self) -> str:
        """The user's last word."""
        return self.user.rpartition(":")[2]

    def __str__(self) -> str:
        what = f"{self.verbs[0]} {self.resource} {self.name}".rstrip()
        return f"{self.user}: {what}" + (f" in {self.namespace}" if self.namespace else "")


def read_calls(log: Path, *, since: datetime) -> Iterator[Call]:
    """Read the product's calls; a last line that is not whole yet is left out."""
    with log.open() as lines:
        for line in lines:
            if not line.endswith("\n"):
                return
            event = json.loads(line)
            if _is_products(event):
                call = _read(event)
                if call.at >= since:
                    yield call


def _is_products(event: dict[str, Any]) -> bool:
    is_own = str(event.get("userAgent", "")).startswith(PRODUCT)
    return is_own or _get_user(event).endswith(REVIEWER)


def _read(event: dict[str, Any]) -> Call:
    target, notes = event.get("objectRef", {}), event.get("annotations", {})
    plural, part = target.get("resource", ""), target.get("subresource")
    allowed = _ALLOWED_BY.search(notes.get("authorization.k8s.io/reason", ""))
    return Call(
        user=_get_user(event),
        verbs=tuple(_list_verbs(event)),
        group=target.get("apiGroup", ""),
        resource=f"{plural}/{part}" if part else plural or event["requestURI"].partition("?")[0],
        namespace=target.get("namespace", ""),
        name=target.get("name", ""),
        role=allowed["role"].replace('"', "") if allowed else "",
        is_refused=notes.get("authorization.k8s.io/decision") == "forbid",
        at=datetime.fromisoformat(event["requestReceivedTimestamp"]),
    )


def _get_user(event: dict[str, Any]) -> str:
    """Return who asked, an empty text for a token that is worthless."""
    return str(event["user"].get("username", ""))


def _list_verbs(event: dict[str, Any]) -> Iterator[str]:
    """List what it was allowed for: an apply that makes an object is asked for both."""
    yield event["verb"]
    if event["verb"] == "patch" and event.get("responseStatus", {}).get("code") == _CREATED:
        yield "create"
