"""Where a demo keeps what it made and what it has to take down; readable by its owner only."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from demo.errors import DemoError


def default_folder() -> Path:
    """Say where it lies unless told otherwise."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
    return Path(state) / "roottrust-demo"


class Folder:
    """One demo's files; it exists only while something is up."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def exists(self) -> bool:
        """Tell whether a demo is up, or was ended before it could clean up."""
        return self.path.exists()

    def file(self, name: str) -> Path:
        """Say where a file of that name lies."""
        return self.path / name

    def write(self, name: str, content: str) -> Path:
        """Write a file that nobody else can read, not even for a moment."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.file(name)
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(content)
        return path

    def write_record(self, name: str, content: Any) -> None:
        """Write down what has to be known later."""
        self.write(name, json.dumps(content, indent=2))

    def read_record(self, name: str) -> Any:
        """Read what was written down; None if nothing was."""
        path = self.file(name)
        return json.loads(path.read_text()) if path.exists() else None

    def remove(self) -> None:
        """Remove everything, keys and tokens among it."""
        shutil.rmtree(self.path, ignore_errors=True)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Let one demo at a time run; a killed one loses the lock by itself.

        The file stays: who removed it would let a third one in beside a second that waits for it.
        """
        path = self.path.with_name(f"{self.path.name}.lock")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DemoError("Another demo is running: wait for its end.") from None
            yield
