"""The source root is called like a module of the standard library: that must never matter."""

from __future__ import annotations

import operator
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

REPOSITORY = Path(__file__).parents[2]


def test_source_root_is_no_package() -> None:
    """With an __init__.py it would shadow the standard library's module."""
    assert not (REPOSITORY / "operator/__init__.py").exists()


def test_operator_is_the_standard_library() -> None:
    assert operator.itemgetter(1)("ab") == "b"
    assert REPOSITORY not in Path(operator.__file__).parents


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZipFile]:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    with ZipFile(next(folder.glob("*.whl"))) as wheel:
        yield wheel


def test_wheel_holds_the_package_alone(wheel: ZipFile) -> None:
    top = {name.split("/")[0] for name in wheel.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"roottrust"}


def test_wheel_holds_every_module(wheel: ZipFile) -> None:
    sources = (REPOSITORY / "operator").rglob("*.py")
    modules = {str(path.relative_to(REPOSITORY / "operator")) for path in sources}
    assert modules <= set(wheel.namelist())
    assert "roottrust/py.typed" in wheel.namelist()


def test_module_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "roottrust", "--help"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "operator" in done.stdout
