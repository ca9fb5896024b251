from __future__ import annotations

from typing import Any

from roottrust.domain.action import Action, Verb
from roottrust.domain.reasons import Reason
from roottrust.domain.repair import list_repairs
from roottrust.domain.transition import Transition
from roottrust.domain.vault_object import VaultKind, VaultObject, digest_fields, find_differences

PATH = "auth/a/role/r"


def want(path: str = PATH, **fields: Any) -> VaultObject:
    return VaultObject(kind=VaultKind.ROLE, path=path, fields=fields)


def update(wanted: VaultObject, **found: Any) -> Action:
    differences = find_differences(wanted, found)
    assert differences
    return Action(verb=Verb.UPDATE, wanted=wanted, differences=differences)


def create(path: str = PATH) -> Action:
    return Action(verb=Verb.CREATE, wanted=want(path))


def tell(*actions: Action, known: VaultObject | None = None, told: str = "") -> list[str]:
    book = {} if known is None else {known.path: digest_fields(known)}
    found = list_repairs(actions, known=book, told={told})
    return [f"{each.reason}: {each.message}" for each in found]


def test_what_somebody_else_changed_is_a_repair() -> None:
    wanted = want(ttl=300, names=("a", "b"), mark="m")
    action = update(wanted, ttl=9, names=["b", "a"], mark="")
    assert list_repairs([action], known={PATH: digest_fields(wanted)}, told=()) == (
        Transition(
            reason=Reason.DRIFT_REPAIRED,
            message=f"Repaired in Vault: {PATH} had another ttl, mark.",
            is_normal=False,
        ),
    )


def test_a_text_of_as_many_lines_is_a_repair_too() -> None:
    wanted = want(policy="a\nb")
    assert tell(update(wanted, policy="a\nc"), known=wanted) == [
        f"DriftRepaired: Repaired in Vault: {PATH} had another policy."
    ]


def test_what_only_we_want_otherwise_is_no_repair() -> None:
    action = update(want(ttl=300, names=("a",)), ttl=300, names=["a", "b"])
    assert list_repairs(
        [action], known={PATH: digest_fields(want(ttl=300, names=("a", "b")))}, told=()
    ) == (
        Transition(
            reason=Reason.UPDATED, message=f"Updated in Vault: {PATH} (names).", is_normal=True
        ),
    )


def test_of_both_at_once_the_repair_is_told() -> None:
    action = update(want(ttl=300, names=("a",)), ttl=9, names=["a", "b"])
    assert tell(action, known=want(ttl=300, names=("a", "b"))) == [
        f"DriftRepaired: Repaired in Vault: {PATH} had another ttl."
    ]


def test_a_field_that_is_another_than_the_last_and_the_new_one_is_a_repair() -> None:
    assert tell(update(want(ttl=300), ttl=9), known=want(ttl=600)) == [
        f"DriftRepaired: Repaired in Vault: {PATH} had another ttl."
    ]


def test_after_a_restart_nobody_knows_who_changed_it() -> None:
    assert tell(update(want(ttl=300), ttl=9), told=PATH) == [
        f"Updated: Updated in Vault: {PATH} (ttl)."
    ]


def test_what_was_there_and_is_not_is_gone_also_after_a_restart() -> None:
    gone = [f"DriftRepaired: Repaired in Vault: {PATH} was gone."]
    assert tell(create(), known=want()) == gone
    assert tell(create(), told=PATH) == gone


def test_what_is_made_for_the_first_time_is_no_event() -> None:
    assert tell(create()) == []
    assert tell() == []


def test_ten_are_shown_and_the_rest_counted() -> None:
    paths = [f"p{number}" for number in range(12)]
    found = list_repairs([create(path) for path in paths], known={}, told=paths)
    assert found[0].message.endswith("p9 was gone; and 2 more.")
