"""Programs of the demo end, and a stranger that got the same id never does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from demo import process
from demo.errors import DemoError
from demo.folder import Folder
from demo.waiting import wait_until

# They outlive whoever started them, on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "state")


def test_stops_what_it_started(folder: Folder) -> None:
    process.start(folder, "sleeper", ["sleep", "60"])
    (pid, _) = folder.read_record("processes.json")["sleeper"]
    process.stop_all(folder)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert folder.read_record("processes.json") == {}


def test_leaves_strangers_alone(folder: Folder) -> None:
    folder.write_record("processes.json", {"sleeper": [os.getpid(), "another start"]})
    process.stop_all(folder)
    assert folder.read_record("processes.json") == {}


def test_tells_why_a_program_ended(folder: Folder) -> None:
    process.start(folder, "sleeper", ["sh", "-c", "echo no bed; exit 3"])
    with pytest.raises(DemoError, match="no bed"):
        wait_until(lambda: process.check(folder, "sleeper") is not None, "it runs on")
    assert folder.file("sleeper.log").stat().st_mode & 0o077 == 0
