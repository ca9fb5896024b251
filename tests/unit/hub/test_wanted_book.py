from __future__ import annotations

from dataclasses import replace

import pytest

from roottrust.domain.action import Action, Verb
from roottrust.domain.fault import Fault
from roottrust.domain.vault_object import VaultKind, VaultObject
from roottrust.hub.kinds import POLICIES
from roottrust.hub.wanted_book import WantedBook
from roottrust.runtime.store import build_key
from tests.unit.domain.outcomes import AWAY, FAILURE, PENDING, READY, REFUSED
from tests.unit.domain.samples import build_target
from tests.unit.hub.fakes import build_manifest

KEY = build_key(POLICIES, build_manifest())
EXTRA = VaultObject(kind=VaultKind.SECRETS_MOUNT, path="pki_int_former", fields={})
WRITE = Action(verb=Verb.CREATE, wanted=EXTRA)


@pytest.fixture
def book() -> WantedBook:
    return WantedBook()


def list_paths(book: WantedBook) -> list[str]:
    return sorted(book.look_up(KEY, READY.target))


def test_what_is_as_wanted_is_known(book: WantedBook) -> None:
    assert list_paths(book) == []
    book.note(KEY, READY, ())
    assert len(list_paths(book)) == 5


def test_what_is_still_to_be_written_is_not_known(book: WantedBook) -> None:
    book.note(KEY, PENDING, ())
    assert list_paths(book) == []


def test_what_was_written_is_known_though_nobody_could_look_again(book: WantedBook) -> None:
    book.note(KEY, AWAY, [WRITE])
    assert list_paths(book) == [EXTRA.path]


def test_what_is_not_looked_at_stays_known(book: WantedBook) -> None:
    book.note(KEY, READY, ())
    for outcome in (AWAY, REFUSED, PENDING):
        book.note(KEY, outcome, ())
    assert len(list_paths(book)) == 5


def test_what_is_not_wanted_any_more_goes_unless_it_is_only_not_judged(book: WantedBook) -> None:
    book.note(KEY, AWAY, [WRITE])
    assert READY.plan is not None
    fault = Fault(status=FAILURE.status, reason=FAILURE.reason, message=FAILURE.message)
    cluster = replace(READY.plan.clusters["cluster1"], fault=fault)
    faulty = replace(READY.plan, clusters={"cluster1": cluster})
    book.note(KEY, replace(READY, plan=faulty), ())
    assert EXTRA.path in list_paths(book)
    book.note(KEY, READY, ())
    assert EXTRA.path not in list_paths(book)


def test_another_vault_and_a_policy_that_is_gone_have_nothing(book: WantedBook) -> None:
    book.note(KEY, READY, ())
    elsewhere = build_target(namespace="team")
    assert book.look_up(KEY, elsewhere) == {}
    assert book.look_up(KEY, None) == {}
    book.forget(KEY)
    assert list_paths(book) == []
