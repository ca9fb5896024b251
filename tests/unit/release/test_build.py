"""Whoever builds a commit gets the same bytes."""

from __future__ import annotations

import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

from release.build import build_twice, compare
from release.errors import ReleaseError
from release.source import read_epoch
from release.tree import REPOSITORY


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """In two folders, at two times, by two people; it fails where these make a difference."""
    return {path.suffix: path for path in build_twice(tmp_path_factory.mktemp("twice"))}


def test_wheel_and_sdist_are_the_same_wherever_and_whenever_they_are_built(
    built: dict[str, Path],
) -> None:
    assert set(built) == {".whl", ".gz"}


def test_wheel_holds_the_package_alone(built: dict[str, Path]) -> None:
    with ZipFile(built[".whl"]) as wheel:
        top = {name.split("/")[0] for name in wheel.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"roottrust"}


def test_wheel_holds_every_module(built: dict[str, Path]) -> None:
    sources = (REPOSITORY / "operator").rglob("*.py")
    modules = {str(path.relative_to(REPOSITORY / "operator")) for path in sources}
    with ZipFile(built[".whl"]) as wheel:
        names = set(wheel.namelist())
    assert modules <= names
    assert "roottrust/py.typed" in names


def test_sdist_holds_what_the_wheel_is_built_of_and_the_kinds(built: dict[str, Path]) -> None:
    with tarfile.open(built[".gz"]) as sdist:
        entries = sdist.getmembers()
    top = {entry.name.split("/")[1] for entry in entries}
    assert top == {
        ".gitignore",
        "LICENSE",
        "PKG-INFO",
        "README.md",
        "crds",
        "operator",
        "pyproject.toml",
    }
    assert {entry.mtime for entry in entries} == {read_epoch()}


def test_a_difference_is_found(tmp_path: Path) -> None:
    one, other, unlike = tmp_path / "one/a.whl", tmp_path / "other/a.whl", tmp_path / "b.whl"
    for path, text in ((one, "1"), (other, "2"), (unlike, "1")):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    compare([one], [one])
    with pytest.raises(ReleaseError, match=r"Two builds of a\.whl differ"):
        compare([one], [other])
    with pytest.raises(ReleaseError, match=r"made \['a\.whl'\], another \['b\.whl'\]"):
        compare([one], [unlike])
