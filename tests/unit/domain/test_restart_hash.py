from __future__ import annotations

from typing import Any

import pytest

from roottrust.api.choices import RestartScope
from roottrust.domain.restart_hash import build_issuance_hash, build_step_hash, list_trust_hashes
from roottrust.domain.trust_bundle import fingerprint_text

PINNED = fingerprint_text("roots")
ISSUANCE = build_issuance_hash(PINNED, 2)
ISTIOD = build_step_hash("g2-abc", RestartScope.ISTIOD)
WORKLOADS = build_step_hash("g2-abc", RestartScope.WORKLOADS)
SPEC = {"trustBundle": "roots", "intermediateGeneration": 2}


def test_each_change_has_a_hash_of_its_own() -> None:
    generations = {build_issuance_hash(PINNED, each) for each in (1, 2, 3)}
    other = build_issuance_hash(fingerprint_text("others"), 1)
    steps = {build_step_hash("g3-abc", RestartScope.ISTIOD), ISTIOD, WORKLOADS}
    assert len({PINNED, other, *generations, *steps}) == 8


@pytest.mark.parametrize(
    ("spec", "hashes"),
    [
        ({}, {PINNED}),
        ({"restartOn": "Issuance"}, {PINNED, ISSUANCE}),
        ({"restartOn": "Issuance", "rotationStep": "g2-abc"}, {ISTIOD, WORKLOADS}),
        ({"rotationStep": "g2-abc", "restartScope": "Istiod"}, {ISTIOD}),
    ],
)
def test_what_a_certificate_can_be_restarted_for(spec: dict[str, Any], hashes: set[str]) -> None:
    assert list_trust_hashes({**SPEC, **spec}) == hashes
