"""Whose a CA folder is: ours to write, or to be left as it is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from roottrust.agent.folder_tree import DATA, STORE, read_link
from roottrust.domain.ca_files import NAMES
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason

# With tls.crt istiod reads the names of a TLS Secret; the others change what it does as well.
_NAMES_OF_OTHERS = ("tls.crt", "tls.key", "ca.crt", "ca-crl.pem", "istio-generated")


class FolderState(StrEnum):
    """What a CA folder holds."""

    EMPTY = "Empty"
    OURS = "Ours"
    TORN = "Torn"
    FOREIGN = "Foreign"
    NOT_WRITABLE = "NotWritable"


@dataclass(frozen=True, kw_only=True)
class FolderFinding:
    """What was found, in one sentence that says what to do next."""

    state: FolderState
    message: str

    def require_ours(self) -> None:
        """Raise DependencyMissingError for a folder that must not or cannot be written."""
        reason = _REASONS.get(self.state)
        if reason is not None:
            raise DependencyMissingError(self.message, reason=reason)


_REASONS = {
    FolderState.FOREIGN: Reason.FOREIGN_CA_FOLDER,
    FolderState.NOT_WRITABLE: Reason.CA_FOLDER_NOT_WRITABLE,
}


def inspect_folder(path: Path, *, is_complete: bool) -> FolderFinding:
    """Tell what a folder is; `is_complete` tells whether all that we publish can be read there."""
    for find, state in _OBSTACLES:
        message = find(path)
        if message is not None:
            return FolderFinding(state=state, message=message)
    if is_complete:
        return FolderFinding(
            state=FolderState.OURS, message=f"{path} holds a complete CA that an agent wrote."
        )
    if any(os.path.lexists(path / name) for name in (DATA, STORE, *NAMES)):
        return FolderFinding(
            state=FolderState.TORN,
            message=f"{path} holds no complete CA, for an agent was interrupted: the next "
            "publication repairs it.",
        )
    return FolderFinding(state=FolderState.EMPTY, message=f"{path} is empty.")


def _find_no_folder(path: Path) -> str | None:
    if path.is_dir():
        return None
    return f"{path} is not a folder: mount an emptyDir of medium Memory there."


def _find_secret_volume(path: Path) -> str | None:
    target = read_link(path / DATA)
    if target is None and not os.path.lexists(path / DATA):
        return None
    if target is not None and target.startswith(f"{STORE}/"):
        return None
    return (
        f"A Secret or ConfigMap is mounted at {path}: have the volume cacerts of istiod's "
        "Deployment be an emptyDir (secret: null), and move a CA that is of use to Vault first."
    )


def _find_files_of_others(path: Path) -> str | None:
    found = sorted(_list_files_of_others(path))
    if not found:
        return None
    return (
        f"{path} holds {', '.join(found)}, which no agent wrote and istiod would use: see whose "
        "CA it is, and give istiod an emptyDir of its own."
    )


def _list_files_of_others(path: Path) -> Iterator[str]:
    for name in NAMES:
        if os.path.lexists(path / name) and read_link(path / name) != f"{DATA}/{name}":
            yield name
    for name in _NAMES_OF_OTHERS:
        if os.path.lexists(path / name):
            yield name


def _find_no_right(path: Path) -> str | None:
    if os.statvfs(path).f_flag & os.ST_RDONLY:
        return f"{path} is mounted read-only: leave readOnly out of the agent's volumeMount."
    if not os.access(path, os.W_OK | os.X_OK):
        return (
            f"{path} is not writable for user {os.getuid()}: run the agent as istiod's user "
            "(1337), or set fsGroup."
        )
    return None


_OBSTACLES: tuple[tuple[Callable[[Path], str | None], FolderState], ...] = (
    (_find_no_folder, FolderState.NOT_WRITABLE),
    (_find_secret_volume, FolderState.FOREIGN),
    (_find_files_of_others, FolderState.FOREIGN),
    (_find_no_right, FolderState.NOT_WRITABLE),
)
