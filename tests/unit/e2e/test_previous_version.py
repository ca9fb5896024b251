"""Which version upgrades begin with."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.previous_version import find_previous_commit


def git(repository: Path, *words: str) -> str:
    person = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false")
    command = ["git", *person, "-C", str(repository), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(repository: Path, name: str) -> str:
    path = repository / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(name)
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", name)
    return git(repository, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    commit(tmp_path, "README.md")
    return tmp_path


def test_the_last_tag_before_this_commit(repository: Path) -> None:
    for number in range(3):
        commit(repository, f"file-{number}")
        git(repository, "tag", f"v0.{number}.0")
    git(repository, "tag", "other")
    assert find_previous_commit(repository) == "v0.1.0"
    commit(repository, "more")
    assert find_previous_commit(repository) == "v0.2.0"


def test_the_oldest_with_a_chart_where_a_clone_has_nothing_else(repository: Path) -> None:
    first = commit(repository, "charts/roottrust/Chart.yaml")
    commit(repository, "more")
    assert find_previous_commit(repository) == first


def test_none_without_a_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert find_previous_commit(tmp_path) is None
    monkeypatch.setenv("PATH", "")
    assert find_previous_commit(tmp_path) is None
