"""Each change brings its own line, and a release collects them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from release.changelog import (
    check_fragments,
    draft_changelog,
    join_unreleased,
    list_faults,
    write_changelog,
)
from release.errors import ReleaseError
from release.tree import REPOSITORY, read_version

CATEGORIES = ("added", "fixed")
INTRODUCTION = "# Changelog\n\nWords.\n\n<!-- make changelog writes below this line -->\n"
UNRELEASED = "\n## [Unreleased]\n\n### Added\n\n- Old.\n\n### Removed\n\n- Gone.\n"
EARLIER = "\n## [0.0.1] - 2025-01-01\n\n### Added\n\n- First.\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository of what is read, in which two changes have brought their lines."""
    for name in ("pyproject.toml", "release/changelog.md.jinja", "changes/README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(REPOSITORY / name, tmp_path / name)
    (tmp_path / "changes/new.added.md").write_text("New\nin two lines.\n")
    (tmp_path / "changes/mended.fixed.md").write_text("Mended.\n")
    (tmp_path / "CHANGELOG.md").write_text(INTRODUCTION + UNRELEASED + EARLIER)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    return tmp_path


def test_a_release_has_all_lines_in_one_section_each_once(tree: Path) -> None:
    version = read_version(tree)
    write_changelog(tree)
    written = (tree / "CHANGELOG.md").read_text()
    heading = written.splitlines()[6]
    assert heading.startswith(f"## [{version}] - 20")
    assert written == (
        f"{INTRODUCTION}\n{heading}\n\n### Added\n\n- New\n  in two lines.\n- Old.\n\n"
        f"### Fixed\n\n- Mended.\n\n### Removed\n\n- Gone.\n{EARLIER}"
    )
    assert [path.name for path in (tree / "changes").iterdir()] == ["README.md"]


def test_a_release_without_an_unreleased_section_stands_above_the_one_before(tree: Path) -> None:
    (tree / "CHANGELOG.md").write_text(INTRODUCTION + EARLIER)
    write_changelog(tree)
    written = (tree / "CHANGELOG.md").read_text()
    assert written.startswith(f"{INTRODUCTION}\n## [{read_version(tree)}] - ")
    assert written.endswith(f"### Fixed\n\n- Mended.\n{EARLIER}")


def test_a_draft_writes_nothing(tree: Path) -> None:
    before = (tree / "CHANGELOG.md").read_text()
    assert "- Mended.\n" in draft_changelog(tree)
    assert (tree / "CHANGELOG.md").read_text() == before
    assert (tree / "changes/mended.fixed.md").exists()


def test_a_version_is_released_once(tree: Path) -> None:
    write_changelog(tree)
    with pytest.raises(ReleaseError, match=r"make version VERSION=… comes first"):
        write_changelog(tree)


def test_what_has_no_such_section_stays_as_it_is() -> None:
    assert join_unreleased(INTRODUCTION + UNRELEASED, "1.0.0") == INTRODUCTION + UNRELEASED


def test_our_fragments_are_well_formed() -> None:
    assert check_fragments() == []


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("thing.md", "It is.\n", "its name"),
        ("thing.feature.md", "It is.\n", "its name"),
        ("Thing.added.md", "It is.\n", "its name"),
        ("thing.added.md", "\n", "empty"),
        ("thing.added.md", "- It is.\n", "first word"),
        ("thing.added.md", "It is\n", "full stop"),
        ("thing.added.md", "It is.", "line's end"),
        ("thing.added.md", f"{'long ' * 30}.\n", "longer than 110"),
    ],
)
def test_a_fragment_that_is_not_well_formed_is_named(
    tmp_path: Path, name: str, text: str, fault: str
) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "README.md").write_text("no fragment")
    (tmp_path / "good-one.fixed.md").write_text("It is\nmended ([docs](docs/a.md)).\n")
    (found,) = list_faults(tmp_path, CATEGORIES)
    assert found.startswith(f"{name}: ")
    assert fault in found
