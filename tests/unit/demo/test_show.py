"""Which story is played, by what a person asks for."""

from __future__ import annotations

import pytest

from demo.errors import DemoError
from demo.fleet import rotate_story, story
from demo.show import find_story
from demo.single import story as single


def test_plays_the_fleet_unless_told_otherwise_and_says_what_else_there_is() -> None:
    found = find_story(context=None, chapter=None)
    assert found.play is story.play
    assert any("make demo CHAPTER=rotate" in each for each in found.more)


def test_plays_one_cluster_where_a_context_is_named() -> None:
    found = find_story(context="kind-a", chapter=None)
    assert (found.hints, found.pages, found.more) == (single.HINTS, single.READ_ON, ())


def test_plays_a_chapter_by_itself() -> None:
    found = find_story(context=None, chapter="rotate")
    assert (found.play, found.pages) == (rotate_story.play, rotate_story.READ_ON)


@pytest.mark.parametrize("context", [None, "kind-a"])
def test_an_unknown_chapter_is_told_which_there_are(context: str | None) -> None:
    with pytest.raises(DemoError, match=r"no chapter rotation .* there is rotate\."):
        find_story(context=context, chapter="rotation")


def test_a_chapter_of_three_clusters_is_not_played_in_one() -> None:
    with pytest.raises(DemoError, match="leave CONTEXT out"):
        find_story(context="kind-a", chapter="rotate")
