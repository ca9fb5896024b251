"""The file that a page is written to: it has the whole page, or what it had before."""

from __future__ import annotations

import os
from pathlib import Path


def write_page(path: Path, page: str) -> None:
    """Put a page in the place of what was there; raises OSError."""
    target = path.resolve()
    if target.exists() and not target.is_file():
        _write_through(target, page)  # nobody wants a file in the place of a pipe or a device
    else:
        _replace(target, page)


def _write_through(target: Path, page: str) -> None:
    with target.open("w", encoding="utf-8") as file:
        file.write(page)


def _replace(target: Path, page: str) -> None:
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with beside.open("x", encoding="utf-8") as file:
            file.write(page)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
