"""Writing the files of a bundle: a tar.gz that says nothing of who made it."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

FOLDER = "roottrust-doctor"


def write_archive(path: Path, files: Mapping[str, str], *, now: datetime) -> None:
    """Write the archive, readable by its owner alone; raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(descriptor, 0o600)  # one that is there already keeps its mode
    with (
        os.fdopen(descriptor, "wb") as opened,
        tarfile.open(fileobj=opened, mode="w:gz") as archive,
    ):
        for name, text in files.items():
            content = text.encode()
            entry = tarfile.TarInfo(f"{FOLDER}/{name}")
            entry.size = len(content)
            entry.mtime = int(now.timestamp())
            archive.addfile(entry, io.BytesIO(content))
