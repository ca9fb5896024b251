from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from roottrust.agent.ca_store import CaStore
from roottrust.agent.publication import RECORD, CaFolder
from roottrust.api.issued_certificate import IssuedCertificateSpec
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.issuance_record import parse_record
from tests.unit.agent.test_keeper import build_certificate
from tests.unit.domain.authorities import make_files, make_root
from tests.unit.domain.certificates import NOW

ROOTS = (make_root(), make_root("Other"))


def put(store: CaStore, number: int) -> None:
    """Publish an intermediate under one of the roots, which alone is trusted."""
    spec = build_certificate(trustBundle=ROOTS[number].pem)["spec"]
    root = ROOTS[number]
    store.put(make_files(root.issue("int"), root), IssuedCertificateSpec.model_validate(spec))


def start(folder: Path, *, days: int = 0) -> CaStore:
    """Return the store of an agent that starts."""
    store = CaStore(folder, pod="istiod-0", now=lambda: NOW + timedelta(days=days))
    store.load()
    return store


def read_told(store: CaStore) -> str | None:
    return store.held.started_with if store.held else None


def fingerprint(number: int) -> str:
    return hashlib.sha256(ROOTS[number].pem.encode()).hexdigest()


def test_the_first_roots_of_a_pod_are_told_whatever_comes_after(tmp_path: Path) -> None:
    """istiod has started with these, and reads those that it knows clients by once."""
    store = start(tmp_path)
    put(store, 0)
    assert read_told(store) == fingerprint(0)
    put(store, 1)
    assert read_told(store) == fingerprint(0)
    again = start(tmp_path)
    assert read_told(again) == fingerprint(0)
    put(again, 1)
    assert read_told(again) == fingerprint(0)


def test_it_is_known_though_the_intermediate_has_ended(tmp_path: Path) -> None:
    put(start(tmp_path), 0)
    late = start(tmp_path, days=36500)
    assert late.held is None
    record = parse_record((tmp_path / "..data" / RECORD).read_text())
    assert record is not None
    assert record.started_with == fingerprint(0)
    with pytest.raises(InvalidSpecError, match="expired"):
        put(late, 1)


def test_what_an_older_agent_began_is_not_guessed(tmp_path: Path) -> None:
    folder = CaFolder(tmp_path)
    put(start(tmp_path), 0)
    published = folder.read()
    assert published is not None
    old = published.record.replace(f'"{fingerprint(0)}"', '""')
    assert old != published.record
    folder.publish(published.files, record=old)
    store = start(tmp_path)
    put(store, 1)
    assert read_told(store) is None
