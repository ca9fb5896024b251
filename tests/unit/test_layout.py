"""The source root is called like a module of the standard library: that must never matter."""

from __future__ import annotations

import operator
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def test_source_root_is_no_package() -> None:
    """With an __init__.py it would shadow the standard library's module."""
    assert not (REPOSITORY / "operator/__init__.py").exists()


def test_operator_is_the_standard_library() -> None:
    assert operator.itemgetter(1)("ab") == "b"
    assert REPOSITORY not in Path(operator.__file__).parents


def test_module_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "roottrust", "--help"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "operator" in done.stdout
