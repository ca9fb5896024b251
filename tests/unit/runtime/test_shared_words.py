from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from roottrust.runtime.shared_words import MAX_LENGTH, share_words

DOCUMENTS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(document=DOCUMENTS)
def test_a_document_stays_what_it_is(document: Any) -> None:
    assert share_words(document) == document


def test_two_documents_share_names_and_short_texts_but_no_long_ones() -> None:
    text = json.dumps({"conditions": [{"reason": "Accepted", "message": "x" * (MAX_LENGTH + 1)}]})
    first, second = share_words(json.loads(text)), share_words(json.loads(text))
    (one,), (other,) = first["conditions"], second["conditions"]
    assert next(iter(first)) is next(iter(second))
    assert one["reason"] is other["reason"]
    assert one["message"] is not other["message"]
