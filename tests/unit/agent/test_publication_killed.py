"""The agent is killed at every step of a publication: istiod never sees a part of a CA."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from roottrust.agent.folder_state import FolderState
from roottrust.agent.publication import CaFolder
from roottrust.domain.ca_files import NAMES
from tests.unit.agent.crash_server import build_files, publish

REPOSITORY = Path(__file__).parents[3]


class Crasher:
    """Children that publish, and are killed at a step."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def is_killed(self, folder: Path, *, step: int, mark: str) -> bool:
        """Publish until a step; False if the publication was done before."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"folder": str(folder), "step": step, "mark": mark}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        assert answer in ("killed", "done")
        return answer == "killed"


@pytest.fixture(scope="module")
def crasher() -> Iterator[Crasher]:
    command = [sys.executable, "-m", "tests.unit.agent.crash_server"]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Crasher(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(5) == 0


def see_as_istiod(folder: Path) -> set[str]:
    """Return the versions of what istiod finds: it looks for four names, and reads one by one."""
    found = {name: (folder / name).read_text() for name in NAMES if (folder / name).exists()}
    assert len(found) in (0, len(NAMES)), f"istiod finds a part: {sorted(found)}"
    for text in found.values():
        assert text.endswith("\n")
        assert len(set(text.splitlines())) == 1
        assert len(text.splitlines()) == 50
    return {text.split()[1] for text in found.values()}


def recover(folder: Path, mark: str) -> None:
    """Publish after a kill, and find nothing of before."""
    publish(folder, mark)
    assert see_as_istiod(folder) == {mark}
    assert CaFolder(folder).inspect().state is FolderState.OURS
    assert len(list((folder / "..store").iterdir())) == 1
    assert sorted(each.name for each in folder.iterdir()) == ["..data", "..store", *NAMES]


@contextmanager
def every_step(folder: Path) -> Iterator[Iterator[tuple[int, Path]]]:
    """Give a folder for each step, and see that there were steps enough to be all of them."""
    steps = 0

    def walk() -> Iterator[tuple[int, Path]]:
        nonlocal steps
        while True:
            place = folder / str(steps)
            place.mkdir()
            steps += 1
            yield steps - 1, place

    yield walk()
    # Five files of three calls each, five links, two folders, a rename.
    assert steps >= 23


def test_first_publication_shows_nothing_or_all(crasher: Crasher, tmp_path: Path) -> None:
    with every_step(tmp_path) as steps:
        for step, folder in steps:
            is_killed = crasher.is_killed(folder, step=step, mark="new")
            assert see_as_istiod(folder) in ([{"new"}] if not is_killed else [set(), {"new"}])
            recover(folder, "later")
            if not is_killed:
                break


def test_next_publication_shows_the_old_one_or_the_new_one(
    crasher: Crasher, tmp_path: Path
) -> None:
    seen = []
    with every_step(tmp_path) as steps:
        for step, folder in steps:
            publish(folder, "old")
            is_killed = crasher.is_killed(folder, step=step, mark="new")
            (version,) = see_as_istiod(folder)
            seen.append(version)
            published = CaFolder(folder).read()
            assert published is not None
            assert (published.files, published.record) == (build_files(version), version)
            recover(folder, "later")
            if not is_killed:
                break
    # One swap: never back to the old one.
    assert seen == sorted(seen, key=["old", "new"].index)
    assert set(seen) == {"old", "new"}


def test_recovery_itself_may_be_killed(crasher: Crasher, tmp_path: Path) -> None:
    """What the first kill left (a version half written) is in the way of the second writer."""
    with every_step(tmp_path) as steps:
        for step, folder in steps:
            publish(folder, "old")
            assert crasher.is_killed(folder, step=40, mark="new")
            is_killed = crasher.is_killed(folder, step=step, mark="newer")
            assert see_as_istiod(folder) in ([{"newer"}] if not is_killed else [{"old"}, {"newer"}])
            recover(folder, "later")
            if not is_killed:
                break
