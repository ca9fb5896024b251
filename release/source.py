"""Copies of the source tree: what is built, is built from files that git would commit."""

from __future__ import annotations

import os
from pathlib import Path

from release.tree import REPOSITORY
from testbed.command import run


def read_epoch() -> int:
    """Return when the last commit was made: the time of everything that a release holds."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return int(given or run(["git", "log", "-1", "--format=%ct"], directory=REPOSITORY))


def list_uncommitted() -> list[str]:
    """Return what git would say is changed or new."""
    return run(["git", "status", "--porcelain"], directory=REPOSITORY).splitlines()


def copy_source(into: Path, *, umask: int = 0o022, changed_at: int | None = None) -> None:
    """Copy the tree as a clone of somebody with that umask would have it."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in filter(None, run(listing, directory=REPOSITORY).split("\0")):
        source, target = REPOSITORY / name, into / name
        if not source.is_file():  # removed, and not committed yet
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
        target.chmod((0o777 if os.access(source, os.X_OK) else 0o666) & ~umask)
        if changed_at is not None:
            os.utime(target, (changed_at, changed_at))
