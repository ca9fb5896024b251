from __future__ import annotations

import pytest

from roottrust.domain.counted import count


@pytest.mark.parametrize(
    ("number", "noun", "words"),
    [
        (1, "policy", "1 policy"),
        (0, "policy", "0 policies"),
        (2, "mesh", "2 meshes"),
        (3, "istiod", "3 istiods"),
    ],
)
def test_a_noun_has_the_form_of_its_number(number: int, noun: str, words: str) -> None:
    assert count(number, noun) == words
