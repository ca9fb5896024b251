from __future__ import annotations

from typing import Any

import pytest

from roottrust.domain.vault_object import (
    Difference,
    VaultKind,
    VaultObject,
    digest_value,
    find_differences,
)
from tests.unit.domain.samples import PRIVATE_KEY, TOKEN


def compare(wanted: Any, found: Any) -> tuple[Difference, ...]:
    return find_differences(
        VaultObject(kind=VaultKind.ROLE, path="auth/x/role/y", fields={"f": wanted}), {"f": found}
    )


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("x", "x"),
        ("x", "x\n"),
        (" x", "x"),
        (("a", "b"), ["b", "a"]),
        (("a",), ("a",)),
        (300, 300),
        (True, True),
        ("", None),
        ("", []),
        ((), None),
        (0, None),
        (False, None),
        (False, ""),
    ],
)
def test_order_blank_ends_and_kinds_of_emptiness_do_not_count(wanted: Any, found: Any) -> None:
    assert compare(wanted, found) == ()
    assert digest_value(wanted) == digest_value(found)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("x", "X"),
        ("x", None),
        ("a, b", ["a", "b"]),
        (("a", "b"), ["a"]),
        (("a",), ["a", "a"]),
        (("a",), None),
        (300, "300"),
        (300, 301),
        (300, None),
        (True, False),
        (True, None),
        (True, 1),
        (1, True),
        ("", "x"),
        (0, 5),
        (False, True),
        ((), ["10.0.0.0/8"]),
        ("x", {"a": 1}),
    ],
)
def test_every_other_difference_counts(wanted: Any, found: Any) -> None:
    (difference,) = compare(wanted, found)
    assert (difference.path, difference.field) == ("auth/x/role/y", "f")


def test_fields_that_are_not_wanted_are_not_judged() -> None:
    wanted = VaultObject(kind=VaultKind.ROLE, path="x", fields={"a": 1})
    assert find_differences(wanted, {"a": 1, "b": 2}) == ()


def test_ignored_fields_are_not_judged() -> None:
    wanted = VaultObject(kind=VaultKind.ROLE, path="x", fields={"a": 1, "b": 2})
    (difference,) = find_differences(wanted, {}, ignoring=frozenset({"a"}))
    assert difference.field == "b"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x", "x"),
        (("b", "a"), "a, b"),
        (300, "300"),
        (0, "0"),
        (True, "True"),
        (False, "False"),
        ("", "empty"),
        (None, "empty"),
        ([], "empty"),
        ("a\nb\nc", "a text of 3 lines"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 199 + "…"),
    ],
)
def test_a_value_is_shown_short(value: Any, shown: str) -> None:
    (difference,) = compare("something else", value)
    assert difference.found == shown


@pytest.mark.parametrize("secret", [TOKEN, PRIVATE_KEY, PRIVATE_KEY.replace("\n", " ")])
@pytest.mark.parametrize("found", ["{}", "log in with {}", 180 * "x" + " {}"])
def test_a_secret_that_somebody_left_in_vault_is_not_shown(secret: str, found: str) -> None:
    (difference,) = compare("x", found.format(secret))
    assert secret[:30] not in str(difference)


def test_a_difference_is_told_in_words() -> None:
    (difference,) = compare(300, 0)
    assert str(difference) == "auth/x/role/y: f is 0, not 300"
