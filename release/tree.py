"""The source tree: where it lies and what it is called."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]
DIST = REPOSITORY / "dist"
UV = Path(sys.executable).parent / "uv"  # the one that uv.lock has


def read_project(folder: Path = REPOSITORY) -> dict[str, Any]:
    """Return what pyproject.toml says."""
    return tomllib.loads((folder / "pyproject.toml").read_text())


def read_version(folder: Path = REPOSITORY) -> str:
    """Return the version that pyproject.toml says: the one source of it."""
    version: str = read_project(folder)["project"]["version"]
    return version
