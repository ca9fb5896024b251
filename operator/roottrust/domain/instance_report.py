"""What an agent says of its istiod: its entry in the status of the IssuedCertificate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from roottrust.api.issued_certificate import Instance
from roottrust.domain.certificate import Certificate
from roottrust.domain.trust_bundle import fingerprint_text


@dataclass(frozen=True, kw_only=True)
class Held:
    """The intermediate that was published last, and what it was issued for.

    `chain` and `trust_bundle` are the exact texts of cert-chain.pem and root-cert.pem;
    `started_with` is the fingerprint of the first root-cert.pem in this pod, None if not known.
    """

    certificate: Certificate
    issuer_fingerprint: str
    chain: str
    trust_bundle: str
    intermediate_generation: int | None
    next_renewal: datetime
    started_with: str | None = None


def build_instance(
    pod: str, *, held: Held | None, is_loaded: bool | None, error: str | None
) -> dict[str, Any]:
    """Return the entry as the API server takes it; `is_loaded` is None while it is not known."""
    facts: dict[str, Any] = {}
    if held is not None:
        facts = {
            "serial": held.certificate.serial,
            "fingerprint": held.certificate.fingerprint,
            "issuer_fingerprint": held.issuer_fingerprint,
            "chain": held.chain,
            "trust_bundle_fingerprint": fingerprint_text(held.trust_bundle),
            "started_with_roots": held.started_with,
            "intermediate_generation": held.intermediate_generation,
            "not_before": held.certificate.not_before,
            "not_after": held.certificate.not_after,
            "next_renewal": held.next_renewal,
            "loaded_by_istiod": is_loaded,
        }
    instance = Instance(pod=pod, error=error, **facts)
    return instance.model_dump(mode="json", by_alias=True, exclude_none=True)
