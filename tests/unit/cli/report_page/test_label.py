"""Text in pictures: it stays in its box, and names can still be told apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from roottrust.cli.report_page.label import shorten


def test_what_fits_stays() -> None:
    assert shorten("cluster1", width=100, size=12) == "cluster1"


def test_the_beginning_and_the_end_of_a_name_stay() -> None:
    shown = shorten("istiod-istio-system-production-europe-1", width=150, size=12)
    assert shown.startswith("istiod-")
    assert shown.endswith("europe-1")
    assert "…" in shown


@given(text=st.text(), width=st.integers(min_value=20, max_value=300))
def test_nothing_is_wider_than_its_room(text: str, width: int) -> None:
    shown = shorten(text, width=width, size=12)
    assert len(shown) * 12 * 0.58 <= width + 0.001
    assert shown == text or "…" in shown


def test_letters_of_wide_scripts_take_their_room() -> None:
    assert len(shorten("信" * 40, width=120, size=12)) < len(shorten("a" * 40, width=120, size=12))
