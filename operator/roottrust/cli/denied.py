"""What a person is told who is refused something: other words than the operator's."""

from __future__ import annotations

from roottrust.domain.errors import AccessDeniedError, RootTrustError


def tell_person(error: AccessDeniedError, *, rights: str) -> RootTrustError:
    """Return a refusal of Kubernetes with the folder that has the rights; others as they are."""
    if not error.path.startswith("/"):
        return error
    advice = f"{rights} has all the rights that are needed."
    return tell_denied(error, who="The API server", advice=advice)


def tell_denied(error: AccessDeniedError, *, who: str, advice: str) -> AccessDeniedError:
    """Return a refusal in words for a person, with what to do."""
    return AccessDeniedError(
        f"{who} denies you {error.capability} on {error.path}: {advice}",
        reason=error.reason,
        path=error.path,
        capability=error.capability,
    )
