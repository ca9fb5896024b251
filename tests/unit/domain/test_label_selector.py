from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.label_selector import matches_any

LABELS = {"env": "prod", "team": "a"}


def require(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("selector", "is_taken"),
    [
        ({}, True),
        ({"matchLabels": {"env": "prod"}}, True),
        ({"matchLabels": {"env": "prod", "team": "b"}}, False),
        (require("env", "In", "test", "prod"), True),
        (require("zone", "In", "x"), False),
        (require("env", "NotIn", "test"), True),
        (require("env", "NotIn", "prod"), False),
        (require("zone", "NotIn", "x"), True),
        (require("env", "Exists"), True),
        (require("zone", "Exists"), False),
        (require("zone", "DoesNotExist"), True),
        (require("env", "DoesNotExist"), False),
        (require("env", "Like", "p%"), False),
        ({"matchLabels": {"env": "prod"}, **require("team", "In", "b")}, False),
    ],
)
def test_a_selector_takes_what_kubernetes_takes(selector: Any, is_taken: bool) -> None:
    assert matches_any((selector,), LABELS) is is_taken


def test_one_of_several_is_enough_and_none_take_everything() -> None:
    other = {"matchLabels": {"env": "test"}}
    assert matches_any((other, {"matchLabels": {"team": "a"}}), LABELS)
    assert not matches_any((other,), LABELS)
    assert matches_any((), LABELS)


@given(
    st.dictionaries(
        st.sampled_from(["matchLabels", "matchExpressions"]),
        st.none() | st.lists(st.dictionaries(st.text(), st.text())) | st.text(),
    )
)
def test_no_selector_makes_it_raise(selector: dict[str, Any]) -> None:
    matches_any((selector,), LABELS)
