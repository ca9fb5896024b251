"""What of compromised intermediates is worth an Event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from roottrust.api.compromised_intermediates import CompromisedIntermediates
from roottrust.domain.reasons import Reason
from roottrust.domain.transition import Transition


def list_revocation_transitions(
    before: Iterable[CompromisedIntermediates], after: Iterable[CompromisedIntermediates]
) -> Iterator[Transition]:
    """Return what has turned: that it is ordered, that it needs a person, that all are revoked."""
    known = {(each.cluster, each.generation): each for each in before}
    for entry in after:
        last = known.get((entry.cluster, entry.generation))
        if entry.revoked_at is not None:
            if last is None or last.revoked_at is None:
                yield _build(Reason.INTERMEDIATES_REVOKED, entry, is_normal=True)
        elif entry.needs_person and not (last and last.needs_person):
            yield _build(Reason.REVOCATION_LEFT, entry)
        elif last is None:
            yield _build(Reason.INTERMEDIATES_COMPROMISED, entry)


def _build(
    reason: Reason, entry: CompromisedIntermediates, *, is_normal: bool = False
) -> Transition:
    return Transition(reason=reason, message=entry.message, is_normal=is_normal)
