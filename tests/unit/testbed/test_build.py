"""An image is built again when something changes that it is made of, and only then."""

from pathlib import Path

import pytest

from testbed.build import content_digest
from testbed.errors import TestbedError

DOCKERFILE = """\
FROM scratch AS build
COPY lock.toml source ./
FROM scratch
COPY --from=build /program /program
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "lock.toml").write_text("a")
    (tmp_path / "source/package").mkdir(parents=True)
    (tmp_path / "source/package/module.py").write_text("b")
    return tmp_path


@pytest.mark.parametrize(
    "path", ["Dockerfile", ".dockerignore", "lock.toml", "source/package/module.py", "source/new"]
)
def test_what_it_is_made_of_counts(folder: Path, path: str) -> None:
    before = content_digest(folder)
    with (folder / path).open("a") as file:
        file.write("# changed")
    assert content_digest(folder) != before


@pytest.mark.parametrize("path", ["README.md", "program", "source/package/__pycache__/module.pyc"])
def test_nothing_else_counts(folder: Path, path: str) -> None:
    before = content_digest(folder)
    (folder / path).parent.mkdir(exist_ok=True)
    (folder / path).write_text("changed")
    assert content_digest(folder) == before


def test_a_moved_file_counts(folder: Path) -> None:
    before = content_digest(folder)
    (folder / "source/package/module.py").rename(folder / "source/module.py")
    assert content_digest(folder) != before


def test_a_folder_without_a_dockerfile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TestbedError, match="There is no Dockerfile in"):
        content_digest(tmp_path)
