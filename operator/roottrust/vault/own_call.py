"""Failures of the login's own requests: nothing that a policy asks for is at fault."""

from __future__ import annotations

import re

from roottrust.domain.errors import AccessDeniedError, RootTrustError, TransientError
from roottrust.domain.reasons import Reason
from roottrust.domain.redaction import build_one_line

# HashiCorp's 1.13 answers 500 to a wrong password or secret id.
_BAD_CREDENTIAL = re.compile(r"^invalid (user|password|role|secret)", re.IGNORECASE)
# How a token's policies say no; of a token that is not there it says the words alone.
_LACKS_RIGHT = re.compile(r"^1 error occurred:\s*\* permission denied")


class RefusedCallError(AccessDeniedError):
    """Vault said no; `said` is in its own words, `place` is the path and its namespace.

    `lacks_right` is True when it knows the token, which may not do this.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str,
        capability: str,
        address: str,
        place: str,
        said: str,
        lacks_right: bool = False,
    ) -> None:
        super().__init__(message, reason=Reason.LOGIN_FAILED, path=path, capability=capability)
        self.address = address
        self.place = place
        self.said = said
        self.lacks_right = lacks_right


def judge_own_call(
    error: RootTrustError,
    *,
    errors: tuple[str, ...],
    address: str,
    namespace: str | None,
    path: str,
    capability: str,
) -> RootTrustError:
    """Return the error again if it may pass by itself, else the refusal that it is to a login."""
    is_bad_credential = any(_BAD_CREDENTIAL.search(line) for line in errors)
    if isinstance(error, TransientError) and not is_bad_credential:
        return error
    return RefusedCallError(
        error.message,
        path=path,
        capability=capability,
        address=address,
        place=f"{path} in namespace {namespace}" if namespace else path,
        said=build_one_line("; ".join(errors)),
        lacks_right=any(_LACKS_RIGHT.search(line) for line in errors),
    )
