"""What templates of pods are marked with: one trust hash for each change that is restarted for.

The hub and the cluster role work it out by themselves, so that neither takes the other's word.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from roottrust.api.choices import RestartOn, RestartScope
from roottrust.domain.manifest import Manifest
from roottrust.domain.trust_bundle import fingerprint_text


def build_issuance_hash(pinned: str, generation: int | None) -> str:
    """Return that of a generation under its roots: another one than the roots' own."""
    return _digest(f"{pinned} intermediateGeneration {generation}")


def build_step_hash(step: str, scope: RestartScope) -> str:
    """Return that of a step of a rotation: another one than that of any roots."""
    return _digest(f"rotationStep {step} {scope}")


def list_trust_hashes(spec: Manifest) -> frozenset[str]:
    """Return those of the changes that an IssuedCertificate can be restarted for as it is now."""
    return frozenset(_list_hashes(spec))


def _list_hashes(spec: Manifest) -> Iterator[str]:
    step = spec.get("rotationStep")
    if step:
        yield build_step_hash(step, RestartScope.ISTIOD)
        if spec.get("restartScope") != RestartScope.ISTIOD:
            yield build_step_hash(step, RestartScope.WORKLOADS)
        return
    pinned = fingerprint_text(str(spec.get("trustBundle") or ""))
    yield pinned
    if spec.get("restartOn") == RestartOn.ISSUANCE:
        yield build_issuance_hash(pinned, spec.get("intermediateGeneration"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
