"""Files that commands name: those of this tree have to be there, others are the reader's own."""

from __future__ import annotations

from tests.doc_blocks import REPOSITORY

_OURS = tuple(sorted(path.name for path in REPOSITORY.iterdir() if path.is_dir()))


def check_file(name: str) -> None:
    """Raise ValueError if a path of this tree is not there."""
    path = name.removeprefix("./")
    if path.split("/", 1)[0] in _OURS and not (REPOSITORY / path).exists():
        raise ValueError(f"there is no {path} in this tree")
