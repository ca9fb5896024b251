"""Which of the stories is played, and how it is taken down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from demo import process
from demo.errors import DemoError
from demo.fleet import rotate_story as rotate
from demo.fleet import stage as fleet_stage
from demo.fleet import story as fleet
from demo.folder import Folder
from demo.narrator import Narrator
from demo.shell import Shell
from demo.single import story as single

_REPOSITORY = Path(__file__).parents[1]
_MODE = "mode.json"


@dataclass(frozen=True, kw_only=True)
class Story:
    """What is played, and what is told after it."""

    play: Callable[[Narrator, Folder, Path], Shell]
    hints: Sequence[str]  # commands by which a person looks around in what stays up
    pages: Sequence[str]  # that tell more of what was shown
    more: Sequence[str] = ()  # what else can be played


_FLEET = Story(play=fleet.play, hints=fleet.HINTS, pages=fleet.READ_ON, more=fleet.MORE)
_CHAPTERS: Mapping[str, Story] = {
    "rotate": Story(play=rotate.play, hints=rotate.HINTS, pages=rotate.READ_ON, more=rotate.MORE),
}


def find_story(*, context: str | None, chapter: str | None) -> Story:
    """Return that of one cluster in a person's own one, else that of three, or a chapter of it."""
    if chapter is None:
        return _FLEET if context is None else _tell_of_one(context)
    if chapter not in _CHAPTERS:
        raise DemoError(
            f"There is no chapter {chapter} to be played by itself: there is "
            f"{', '.join(_CHAPTERS)}. Without CHAPTER all the others are played."
        )
    if context is not None:
        raise DemoError(
            f"The chapter {chapter} needs three clusters of its own: leave CONTEXT out."
        )
    return _CHAPTERS[chapter]


def play(story: Story, narrator: Narrator, folder: Folder, *, context: str | None) -> Shell:
    """Play it; what has to be known to take it down is on record first."""
    folder.write_record(_MODE, {"context": context})
    return story.play(narrator, folder, _REPOSITORY)


def take_down(narrator: Narrator, folder: Folder) -> None:
    """End and remove all that a demo has left, and nothing that it found."""
    mode = folder.read_record(_MODE) or {}
    if mode.get("context") is None:
        process.stop_all(folder)
        fleet_stage.take_down()
    else:
        single.take_down(narrator, folder, _REPOSITORY)
        process.stop_all(folder)
    folder.remove()


def _tell_of_one(context: str) -> Story:
    play_there = partial(single.play, context=context)
    return Story(play=play_there, hints=single.HINTS, pages=single.READ_ON)
