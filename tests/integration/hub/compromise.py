"""Compromised intermediates, as Vault and the status of a policy tell of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from roottrust.domain.certificate import parse_certificate
from tests.integration.hub.policy import Policy
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask, read

ANNOTATION = "admin.gloo.solo.io/intermediate-compromised"
# Certificates tell their begin by the second.
A_MOMENT = 1.5
# Agents have half a minute to tell what they have, of which Vault's clock takes most away.
SECONDS = 60.0


def is_revoked(admin: Ask, mount: str, pem: str) -> bool:
    digits = parse_certificate(pem).serial
    text = digits.rjust(len(digits) + len(digits) % 2, "0")
    serial = ":".join(text[start : start + 2] for start in range(0, len(text), 2))
    found = read(admin, f"{mount}/cert/{serial}")
    assert found is not None
    return bool(found["revocation_time"])


def read_entry(policy: Policy) -> dict[str, Any]:
    entries = policy.read_status().get("compromisedIntermediates") or [{}]
    return dict(entries[0])


def wait_for_entry(policy: Policy, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    return wait_for(lambda: read_entry(policy), holds, seconds=SECONDS)


def wait_until_revoked(policy: Policy) -> dict[str, Any]:
    return wait_for_entry(policy, lambda entry: "revokedAt" in entry)
