"""Where the API server is, and the pod's own credentials for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason


@dataclass(frozen=True, kw_only=True)
class ApiAccess:
    """The pod's ServiceAccount; the kubelet replaces its token, so files are read at each use."""

    server: str
    token_file: Path
    ca_file: Path

    def read_token(self) -> str:
        """Return the token of this moment; raises DependencyMissingError."""
        return _read(self.token_file, what="token of the pod's ServiceAccount")

    def read_ca(self) -> str:
        """Return the CA certificates of the API server in PEM; raises DependencyMissingError."""
        return _read(self.ca_file, what="CA of the API server")


def _read(path: Path, *, what: str) -> str:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as failure:
        raise DependencyMissingError(
            f"The {what} cannot be read from {path} ({type(failure).__name__}): set "
            "automountServiceAccountToken of istiod's pod to true.",
            reason=Reason.API_UNREACHABLE,
        ) from None
    if not text:
        raise DependencyMissingError(
            f"The {what} in {path} is empty.", reason=Reason.API_UNREACHABLE
        )
    return text
