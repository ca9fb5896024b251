"""Built parts, kept by version outside the tree; what is half-built is built again."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from testbed import interrupt, record

_STAMP = "complete.json"


def default_folder() -> Path:
    """Where parts are kept unless the caller says otherwise."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "testbed"


class Cache:
    """A folder of entries, each either complete or as good as absent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def entry(self, name: str, version: str, recipe: object) -> Path:
        """Say where an entry lies; a changed recipe makes another entry."""
        digest = hashlib.sha256(repr(recipe).encode()).hexdigest()[:8]
        return self.folder / f"{name}-{version}-{digest}"

    def is_complete(self, entry: Path) -> bool:
        """Tell whether the entry was finished and its products still have their sizes."""
        stamp = record.read(entry / _STAMP)
        if stamp is None:
            return False
        return all(_size(entry / name) == size for name, size in stamp["sizes"].items())

    def provide(self, entry: Path, products: Sequence[str], build: Callable[[Path], None]) -> Path:
        """Return the entry, built first if it is not complete.

        It is built beside its place and renamed into it, so that neither an interruption nor a
        second testbed at the same time can leave half an entry behind.
        """
        if self.is_complete(entry):
            return entry
        with self._lock(entry):
            if self.is_complete(entry):
                return entry
            partial = entry.with_name(f"{entry.name}.partial")
            for remains in (entry, partial):
                shutil.rmtree(remains, ignore_errors=True)
            partial.mkdir(parents=True)
            try:
                build(partial)
                sizes = {name: (partial / name).stat().st_size for name in products}
                record.write(partial / _STAMP, {"sizes": sizes})
                partial.rename(entry)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
        return entry

    @contextmanager
    def _lock(self, entry: Path) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with entry.with_name(f".{entry.name}.lock").open("w") as file:
            while not _try_lock(file.fileno()):
                interrupt.sleep(0.5)
            yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1
