"""istiod's CA folder: complete or as it was, whenever the writer is killed.

    ..store/VERSION/{ca-cert.pem, ca-key.pem, cert-chain.pem, root-cert.pem, issuance.json}
    ..data        -> ..store/VERSION
    ca-cert.pem   -> ..data/ca-cert.pem, and so on

istiod watches the folder itself and not what is below it (inotify is not recursive), so that the
one rename of `..data` is all it sees of a new version; a tenth of a second later it reads the four
files one after another (handleCACertsFileWatch in istio pilot/pkg/bootstrap/istio_ca.go).

Nothing is synced to a disk: the folder is memory, which a crash of the node takes with it whole,
and a killed process leaves what it wrote to the kernel, in its order.
"""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from roottrust.agent.folder_state import FolderFinding, inspect_folder
from roottrust.agent.folder_tree import (
    DATA,
    STORE,
    clear_folder,
    list_names,
    read_link,
    write_file,
)
from roottrust.domain.ca_files import CERTIFICATE, CHAIN, KEY, NAMES, TRUST_BUNDLE, CaFiles
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason

RECORD = "issuance.json"
_NEXT = "next"
_KEY_MODE = 0o600
_FILE_MODE = 0o644
_FOLDER_MODE = 0o755


@dataclass(frozen=True, kw_only=True)
class Published:
    """One version as a whole: the files, and the record of what they were issued for."""

    files: CaFiles
    record: str


class CaFolder:
    """The folder that istiod reads (ROOT_CA_DIR); one writer at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Published | None:
        """Return what istiod finds, None unless we wrote it and all of it is there."""
        target = read_link(self.path / DATA)
        if target is None or not all(self._is_linked(name) for name in NAMES):
            return None
        # Resolved once, so that a swap meanwhile mixes nothing.
        return _read_version(self.path / target)

    def inspect(self) -> FolderFinding:
        """Tell whether the folder is empty, ours, torn, or of others; nothing is written."""
        return inspect_folder(self.path, is_complete=self.read() is not None)

    def publish(self, files: CaFiles, *, record: str = "") -> bool:
        """Make this what istiod finds, all at once; return False if it is that already.

        What came before is removed after, and also what a killed writer left. Raises
        DependencyMissingError for a folder of others, and for one that cannot be written; what was
        there stays.
        """
        self.inspect().require_ours()
        wanted = Published(files=files, record=record)
        if self.read() == wanted:
            return False
        try:
            self._publish(wanted)
        except OSError as failure:
            with contextlib.suppress(OSError):
                self.clear_leftovers()
            raise DependencyMissingError(
                f"The CA folder {self.path} cannot be written ({failure.strerror}): mount an "
                "emptyDir of medium Memory there, writable for the agent's user.",
                reason=Reason.CA_FOLDER_NOT_WRITABLE,
            ) from None
        return True

    def clear_leftovers(self) -> None:
        """Remove what a killed writer left, and no version that istiod finds; for a start."""
        store = self.path / STORE
        target = read_link(self.path / DATA)
        current = Path(target).name if target else None
        for name in list_names(store):
            if name != current:
                clear_folder(store / name)

    def _publish(self, wanted: Published) -> None:
        store = self.path / STORE
        store.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        self.clear_leftovers()
        version = store / secrets.token_hex(8)
        _write_version(version, wanted)
        # Before the first swap they lead nowhere: istiod finds none of the files, or all.
        for name in NAMES:
            if not self._is_linked(name):
                (self.path / name).symlink_to(f"{DATA}/{name}")
        # Made below the folder: made in it, istiod's clock would start before the swap.
        (store / _NEXT).symlink_to(f"{STORE}/{version.name}")
        (store / _NEXT).rename(self.path / DATA)
        self.clear_leftovers()

    def _is_linked(self, name: str) -> bool:
        return read_link(self.path / name) == f"{DATA}/{name}"


def _write_version(version: Path, wanted: Published) -> None:
    version.mkdir(mode=_FOLDER_MODE)
    for name, text in wanted.files.list_contents():
        write_file(version / name, text, mode=_KEY_MODE if name == KEY else _FILE_MODE)
    write_file(version / RECORD, wanted.record, mode=_FILE_MODE)


def _read_version(version: Path) -> Published | None:
    try:
        texts = {name: (version / name).read_text() for name in (*NAMES, RECORD)}
    except (OSError, UnicodeDecodeError):
        return None
    files = CaFiles(
        certificate=texts[CERTIFICATE],
        key=SecretStr(texts[KEY]),
        chain=texts[CHAIN],
        trust_bundle=texts[TRUST_BUNDLE],
    )
    return Published(files=files, record=texts[RECORD])
