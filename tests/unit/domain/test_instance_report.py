from __future__ import annotations

import hashlib
from datetime import timedelta

from roottrust.api.issued_certificate import Instance
from roottrust.domain.certificate import parse_certificate
from roottrust.domain.instance_report import Held, build_instance
from tests.unit.domain.certificates import NOW, build_name, build_pem

ROOT = build_pem(subject=build_name("A"))
INTERMEDIATE = build_pem(subject=build_name("int"), serial=0x1FC409)
HELD = Held(
    certificate=parse_certificate(INTERMEDIATE),
    issuer_fingerprint=parse_certificate(ROOT).fingerprint,
    chain=INTERMEDIATE,
    trust_bundle=ROOT,
    intermediate_generation=3,
    next_renewal=NOW + timedelta(days=2433),
    started_with="a" * 64,
)


def test_entry_tells_what_can_be_checked() -> None:
    entry = build_instance("istiod-0", held=HELD, is_loaded=True, error=None)
    assert entry == {
        "pod": "istiod-0",
        "serial": "1fc409",
        "fingerprint": parse_certificate(INTERMEDIATE).fingerprint,
        "issuerFingerprint": parse_certificate(ROOT).fingerprint,
        "chain": INTERMEDIATE,
        "trustBundleFingerprint": hashlib.sha256(ROOT.encode()).hexdigest(),
        "startedWithRoots": "a" * 64,
        "intermediateGeneration": 3,
        "notBefore": "2030-01-01T00:00:00Z",
        "notAfter": "2039-12-30T00:00:00Z",
        "nextRenewal": "2036-08-30T00:00:00Z",
        "loadedByIstiod": True,
    }
    # It is what the API server gives back, so that an unchanged entry is never written again.
    assert (
        Instance.model_validate(entry).model_dump(mode="json", by_alias=True, exclude_none=True)
        == entry
    )


def test_entry_without_an_intermediate_says_why() -> None:
    entry = build_instance("istiod-0", held=None, is_loaded=None, error="Vault is sealed.")
    assert entry == {"pod": "istiod-0", "error": "Vault is sealed."}


def test_long_error_is_cut() -> None:
    entry = build_instance("istiod-0", held=None, is_loaded=None, error="x" * 5000)
    assert len(entry["error"]) == 1024
