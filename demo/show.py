"""Which of the two stories is played, and how it is taken down."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from demo import process
from demo.fleet import stage as fleet_stage
from demo.fleet import story as fleet
from demo.folder import Folder
from demo.narrator import Narrator
from demo.shell import Shell
from demo.single import story as single

_REPOSITORY = Path(__file__).parents[1]
_MODE = "mode.json"


def play(narrator: Narrator, folder: Folder, *, context: str | None) -> Shell:
    """Play that of one cluster in a person's own one, else that of three."""
    folder.write_record(_MODE, {"context": context})
    if context is None:
        return fleet.play(narrator, folder, _REPOSITORY)
    return single.play(narrator, folder, _REPOSITORY, context=context)


def list_hints(*, context: str | None) -> Sequence[str]:
    """Give commands by which a person looks around in what stays up."""
    return fleet.HINTS if context is None else single.HINTS


def list_pages(*, context: str | None) -> Sequence[str]:
    """Give the pages that tell more of what was shown."""
    return fleet.READ_ON if context is None else single.READ_ON


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
