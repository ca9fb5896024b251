"""Files, links and folders on a memory volume, one system call at a time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

# `..data` leads to one of the versions in `..store`.
DATA = "..data"
STORE = "..store"


def read_link(path: Path) -> str | None:
    """Return the text of a link, None for anything else or nothing."""
    try:
        return os.readlink(path)  # noqa: PTH115 - the text, not a path
    except OSError:
        return None


def list_names(folder: Path) -> list[str]:
    """Return what is in a folder, nothing for one that is not there."""
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - names alone
    except FileNotFoundError:
        return []


def write_file(path: Path, text: str, *, mode: int) -> None:
    """Write a file that is not there yet; nobody else can read it before it has its mode."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        rest = memoryview(text.encode())
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    finally:
        os.close(descriptor)


def clear_folder(path: Path) -> None:
    """Remove a folder with all in it, or whatever else has that name."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
