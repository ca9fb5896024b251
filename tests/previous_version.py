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
    archive, commit = folder / "previous.tar", _find_commit()
    _git("archive", f"--output={archive}", commit)
    target = folder / "previous"
    target.mkdir()
    subprocess.run(["tar", "-x", "-f", archive, "-C", target], check=True)
    archive.unlink()
    return PreviousVersion(commit=commit, folder=target)


def _find_commit() -> str:
    """Return the last tag before this commit, or what stands for it."""
    if _ask("rev-parse", "HEAD") is None:
        pytest.skip("There is no git here, and so no version before this one.")
    tag = _ask("describe", "--tags", "--abbrev=0", "--match=v*", "HEAD^")
    if tag is not None:
        return tag
    if _ask("cat-file", "-e", f"{UNTAGGED}^{{commit}}") is not None:
        return UNTAGGED
    # A clone without the whole history: the oldest that it has.
    return _git("rev-list", "--reverse", "HEAD", "--", "charts/roottrust/Chart.yaml").split()[0]


def _ask(*words: str) -> str | None:
    """Return what git says, None if it refuses or is not there."""
    try:
        return _git(*words)
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(*words: str) -> str:
    # Whoever runs the tests may not be who owns the clone.
    command = ["git", "-c", "safe.directory=*", "-C", str(REPOSITORY), *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.strip()
