"""The version before this one, as it was: upgrades begin with it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.session import REPOSITORY

# The first commit whose chart has the kinds of its operator. It counts until there is a tag.
UNTAGGED = "f2ebef6e99bf6dee4dc923e252dde891e6986e1e"
IMAGE = "localhost/roottrust:previous"
_CHART = "charts/roottrust/Chart.yaml"


@dataclass(frozen=True, kw_only=True)
class PreviousVersion:
    """Its files, in a folder; `commit` is that or a tag."""

    commit: str
    folder: Path

    @property
    def chart(self) -> Path:
        return self.folder / "charts/roottrust"

    @property
    def deploy(self) -> Path:
        return self.folder / "deploy"


def unpack_previous_version(folder: Path) -> PreviousVersion:
    """Write its files from git; skips where there is no history at all."""
    commit = find_previous_commit(REPOSITORY)
    if commit is None:
        pytest.skip("There is no git here, and so no version before this one.")
    archive, target = folder / "previous.tar", folder / "previous"
    _git(REPOSITORY, "archive", f"--output={archive}", commit)
    target.mkdir()
    subprocess.run(["tar", "-x", "-f", archive, "-C", target], check=True)
    archive.unlink()
    return PreviousVersion(commit=commit, folder=target)


def find_previous_commit(repository: Path) -> str | None:
    """Return the last tag before this commit, or what stands for it; None without a history.

    A clone that is not deep enough has its oldest commit with a chart in that place.
    """
    if _ask(repository, "rev-parse", "HEAD") is None:
        return None
    tag = _ask(repository, "describe", "--tags", "--abbrev=0", "--match=v*", "HEAD^")
    if tag is not None:
        return tag
    if _ask(repository, "cat-file", "-e", f"{UNTAGGED}^{{commit}}") is not None:
        return UNTAGGED
    return _git(repository, "rev-list", "--reverse", "HEAD", "--", _CHART).split()[0]


def _ask(repository: Path, *words: str) -> str | None:
    """Return what git says, None if it refuses or is not there."""
    try:
        return _git(repository, *words)
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(repository: Path, *words: str) -> str:
    # Whoever runs the tests may not be who owns the clone.
    command = ["git", "-c", "safe.directory=*", "-C", str(repository), *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.strip()
