"""Packages are installed where something is missing, by one run after the other."""

from pathlib import Path
from typing import Any

import pytest

from testbed import debian
from testbed.debian import Tool
from testbed.progress import Progress

HERE = Tool("sh", "dash")
PACKAGES = ("chromium", "fonts-dejavu-core")


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What would be run; an installation puts its files where they are looked for."""
    found: list[list[str]] = []

    def run(command: list[str], **_: Any) -> None:
        found.append(command)
        if "install" in command:
            (tmp_path / "tool").touch()

    monkeypatch.setattr(debian, "run", run)
    monkeypatch.setattr(debian, "_LOCK", tmp_path / "lock" / "debian")
    monkeypatch.setattr(debian.shutil, "which", lambda name, **_: f"/bin/{name}")
    return found


def test_nothing_is_run_where_nothing_is_missing(commands: list[list[str]]) -> None:
    debian.ensure((HERE,), Progress())
    assert commands == []


def test_what_is_missing_is_installed_once(commands: list[list[str]], tmp_path: Path) -> None:
    tools = (HERE, Tool(str(tmp_path / "tool"), "tool"))
    debian.ensure(tools, Progress())
    debian.ensure(tools, Progress())
    (install,) = [each for each in commands if "install" in each]
    assert install[-1] == "tool"


def test_who_has_waited_for_another_run_installs_nothing_more(
    commands: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(*_: Any) -> None:
        """The other run installs it meanwhile."""
        (tmp_path / "tool").touch()

    monkeypatch.setattr(debian.fcntl, "flock", wait)
    debian.ensure((Tool(str(tmp_path / "tool"), "tool"),), Progress())
    assert commands == []


def test_a_browser_comes_with_letters_to_show() -> None:
    assert tuple(each.package for each in debian.BROWSER_TOOLS) == PACKAGES
