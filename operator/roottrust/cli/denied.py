"""What a person is told whom Kubernetes refuses something: where the rights for people are."""

from __future__ import annotations

from roottrust.domain.errors import AccessDeniedError, RootTrustError


def tell_person(error: AccessDeniedError, *, rights: str) -> RootTrustError:
    """Return a refusal of Kubernetes with the folder that has the rights; others as they are."""
    if not error.path.startswith("/"):
        return error
    return AccessDeniedError(
        f"The API server denies you {error.capability} on {error.path}: {rights} has all the "
        "rights that are needed.",
        reason=error.reason,
        path=error.path,
        capability=error.capability,
    )
