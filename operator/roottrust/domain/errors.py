"""The error classes of the product: every failure is put into one of them exactly once.

RootTrustError
├── InvalidSpecError        what a person wrote cannot work; wait for an edit
├── DependencyMissingError  something that must exist first does not; retry on the watch and slowly
├── TransientError          it will pass: back off with jitter, obey Retry-After
├── AccessDeniedError       401/403 after one more login; retry slowly
└── ConflictError           somebody else wrote first; observe again at once

Anything else is a bug: logged with its trace, counted, backed off. Messages are shown to people in
conditions, so they say what to do next and never hold a secret or a server's raw answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from roottrust.domain.reasons import Reason


class RootTrustError(Exception):
    """A failure that was classified; `reason` is what its condition will say."""

    def __init__(self, message: str, *, reason: Reason) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason


class InvalidSpecError(RootTrustError):
    """The specification cannot work as written."""


class DependencyMissingError(RootTrustError):
    """A cluster, Secret, mesh or mount that must exist first does not."""


class TransientError(RootTrustError):
    """A fault that passes by itself: 5xx, sealed, standby, 429, timeouts."""

    def __init__(
        self, message: str, *, reason: Reason, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(message, reason=reason)
        self.retry_after_seconds = retry_after_seconds


class AccessDeniedError(RootTrustError):
    """The server refused us; `path` and `capability` say what to grant."""

    def __init__(self, message: str, *, reason: Reason, path: str, capability: str) -> None:
        super().__init__(message, reason=reason)
        self.path = path
        self.capability = capability


class ConflictError(RootTrustError):
    """Somebody else wrote between our read and our write."""
