"""istiod's CA folder: complete or as it was before, whenever the writer is killed.

    ..store/<version>/{ca-cert.pem,ca-key.pem,cert-chain.pem,root-cert.pem,issuance.json}
    ..data -> ..store/<version>
    ca-cert.pem -> ..data/ca-cert.pem, and so on

istiod watches the folder itself, not what is below it: the one rename of `..data` is all it sees of
a new version, and it reads a tenth of a second later (`istio.md`, section 3).
"""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import SecretStr

from roottrust.domain.ca_files import CERTIFICATE, CHAIN, KEY, NAMES, TRUST_BUNDLE, CaFiles
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason

RECORD = "issuance.json"

_DATA = "..data"
_STORE = "..store"
_NEXT = "next"
_KEY_MODE = 0o600
_MODE = 0o644
# istiod would take the folder for a Secret of type kubernetes.io/tls.
_FOREIGN_NAMES = ("tls.crt", "tls.key", "ca.crt")


class FolderState(StrEnum):
    """What a CA folder holds."""

    EMPTY = "Empty"
    OURS = "Ours"
    FOREIGN = "Foreign"


@dataclass(frozen=True, kw_only=True)
class Published:
    """One version: the files, and the text of what they were issued for."""

    files: CaFiles
    record: str


class CaFolder:
    """The folder that istiod reads; one writer at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def inspect(self) -> FolderState:
        """Tell whose files are in it: links to our data are ours, anything else by name is not."""
        for name in (*NAMES, *_FOREIGN_NAMES):
            path = self._path / name
            if os.path.lexists(path) and not self._is_ours(path):
                return FolderState.FOREIGN
        return FolderState.OURS if self.read() is not None else FolderState.EMPTY

    def read(self) -> Published | None:
        """Return what is published, None if it is not complete."""
        data = self._path / _DATA
        try:
            # Resolved once: a swap meanwhile must not mix two versions.
            version = self._path / os.readlink(data)  # noqa: PTH115 - the text of the link
            texts = {name: (version / name).read_text(encoding="ascii") for name in NAMES}
            record = (version / RECORD).read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            return None
        if not all(self._is_ours(self._path / name) for name in NAMES):
            return None
        files = CaFiles(
            certificate=texts[CERTIFICATE],
            key=SecretStr(texts[KEY]),
            chain=texts[CHAIN],
            trust_bundle=texts[TRUST_BUNDLE],
        )
        return Published(files=files, record=record)

    def publish(self, files: CaFiles, *, record: str) -> None:
        """Make this what istiod sees, all at once.

        Raises DependencyMissingError for a folder that cannot be written.
        """
        try:
            self._publish(files, record)
        except OSError as failure:
            raise DependencyMissingError(
                f"The CA folder {self._path} cannot be written ({failure.strerror}): mount an "
                "emptyDir with medium Memory there, writable for the agent.",
                reason=Reason.CA_FOLDER_NOT_WRITABLE,
            ) from None

    def _publish(self, files: CaFiles, record: str) -> None:
        store = self._path / _STORE
        store.mkdir(mode=0o755, exist_ok=True)
        version = store / secrets.token_hex(8)
        version.mkdir(mode=0o755)
        for name, text in (*files.list_contents(), (RECORD, record)):
            _write(version / name, text, mode=_KEY_MODE if name == KEY else _MODE)
        # They lead nowhere before the first version: istiod finds none of the files, or all.
        for name in NAMES:
            self._link(name)
        following = store / _NEXT
        following.unlink(missing_ok=True)
        following.symlink_to(Path(_STORE) / version.name)
        following.rename(self._path / _DATA)
        self._remove_others(version)

    def _link(self, name: str) -> None:
        path = self._path / name
        if not path.is_symlink():
            path.symlink_to(Path(_DATA) / name)

    def _remove_others(self, version: Path) -> None:
        """Remove what came before, and what a writer that was killed has left."""
        for each in version.parent.iterdir():
            if each.is_dir() and not each.is_symlink() and each != version:
                shutil.rmtree(each, ignore_errors=True)

    def _is_ours(self, path: Path) -> bool:
        try:
            return os.readlink(path) == f"{_DATA}/{path.name}"  # noqa: PTH115
        except OSError:
            return False


def _write(path: Path, text: str, *, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
