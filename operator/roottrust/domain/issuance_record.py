"""What a published intermediate was issued for, kept beside it: no secret, and no clock.

A sidecar takes over what the init container has obtained, and a container that was restarted what
it obtained itself: neither asks Vault for another one without a reason (vault 18060).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field

from roottrust.api.issued_certificate import IssuedCertificateSpec

# When an intermediate is renewed is no reason to renew it; its life is judged by itself.
_LEFT_OUT = {"secret_rotation_grace_period_ratio", "ttl_days"}


@dataclass(frozen=True, kw_only=True)
class IssuanceRecord:
    """All that the intermediate and its files were made by.

    `options` and `trust` (bundle and cross-certificates) are digests. `started_with` is no part of
    that: the fingerprint of the roots that were there first, with which istiod has started; empty
    where nobody knows.
    """

    options: str
    trust: str
    ttl_days: int
    intermediate_generation: int
    started_with: str = field(default="", compare=False)


def build_record(spec: IssuedCertificateSpec) -> IssuanceRecord:
    """Return what an intermediate that is issued for this specification is issued for.

    Where Vault is and how to log in there does not count: it changes nothing in the files.
    """
    vault = spec.agent_ca.vault
    options = {
        "options": spec.cert_options.model_dump(mode="json", exclude=_LEFT_OUT),
        "ca_path": vault.ca_path,
        "csr_path": vault.csr_path,
    }
    return IssuanceRecord(
        options=_digest(options),
        trust=_digest([spec.trust_bundle, spec.cross_certificates]),
        ttl_days=spec.cert_options.ttl_days,
        intermediate_generation=spec.intermediate_generation,
    )


def _digest(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def render_record(record: IssuanceRecord) -> str:
    """Return the record as the text of a file."""
    return json.dumps(asdict(record), sort_keys=True) + "\n"


def parse_record(text: str) -> IssuanceRecord | None:
    """Return the record of a file, None for one that another version wrote."""
    try:
        content = json.loads(text)
        return IssuanceRecord(
            options=str(content["options"]),
            trust=str(content["trust"]),
            ttl_days=int(content["ttl_days"]),
            intermediate_generation=int(content["intermediate_generation"]),
            started_with=str(content.get("started_with", "")),
        )
    except (ValueError, TypeError, KeyError):
        return None
