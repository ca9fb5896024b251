"""Files that are made from the models: written, or compared with what is committed."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def run(arguments: Sequence[str], *, files: Mapping[str, str], program: str, default: str) -> int:
    """Write the files into a folder or, with --check, say how the folder differs from them."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}")
    parser.add_argument("--check", action="store_true", help="only say what is out of date")
    parser.add_argument("directory", nargs="?", type=Path, default=Path(default))
    options = parser.parse_args(arguments)
    if options.check:
        stale = find_stale(options.directory, files)
        sys.stdout.write("".join(stale))
        if stale:
            sys.stderr.write(f"{options.directory} is out of date: run python -m {program}\n")
        return 1 if stale else 0
    write(options.directory, files)
    return 0


def write(directory: Path, files: Mapping[str, str]) -> None:
    """Write every file."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")


def find_stale(directory: Path, files: Mapping[str, str]) -> list[str]:
    """Return the differences of a folder, as the lines of a diff."""
    lines: list[str] = []
    for name, text in files.items():
        path = directory / name
        committed = path.read_text(encoding="utf-8") if path.exists() else ""
        lines += difflib.unified_diff(
            committed.splitlines(keepends=True),
            text.splitlines(keepends=True),
            fromfile=f"{path} (committed)",
            tofile=f"{path} (made from the models)",
        )
    return lines
