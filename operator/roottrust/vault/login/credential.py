"""Credentials in files: whoever rotates them replaces the file."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason


class CredentialFile:
    """A file with one credential, read anew at each login; `what` is its name in messages."""

    def __init__(self, path: Path, *, what: str) -> None:
        self._path = path
        self._what = what
        self._seen: tuple[int, int, int] | None = None

    def __str__(self) -> str:
        return f"the {self._what} in {self._path}"

    def read(self) -> SecretStr:
        """Return what is in it; raises DependencyMissingError when it is missing or empty."""
        # Before it is read: what is written meanwhile then counts as a change.
        self._seen = self._identify()
        try:
            text = self._path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as failure:
            raise DependencyMissingError(
                f"The {self._what} cannot be read from {self._path} ({type(failure).__name__}): "
                "mount it there.",
                reason=Reason.LOGIN_FAILED,
            ) from None
        if not text:
            raise DependencyMissingError(
                f"The {self._what} in {self._path} is empty.", reason=Reason.LOGIN_FAILED
            )
        return SecretStr(text)

    def has_changed(self) -> bool:
        """Whether it was written or replaced since it was read."""
        return self._identify() != self._seen

    def _identify(self) -> tuple[int, int, int] | None:
        """Return what changes when it is rewritten or replaced, None when it is not there."""
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return (stat.st_ino, stat.st_mtime_ns, stat.st_size)
