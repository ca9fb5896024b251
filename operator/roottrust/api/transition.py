"""Rules about an edit: what the API server checks against the object before it."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from roottrust.api.rule import TransitionRule


def list_transition_problems(
    before: BaseModel, after: BaseModel, *, root: str = "spec"
) -> tuple[str, ...]:
    """Return one sentence for each rule that an edit breaks, empty for an edit that is allowed."""
    return tuple(_find_problems(before, after, root))


def _find_problems(before: BaseModel, after: BaseModel, path: str) -> Iterator[str]:
    for name, field in type(after).model_fields.items():
        old, new = getattr(before, name), getattr(after, name)
        place = f"{path}.{field.alias or name}"
        for rule in field.metadata:
            is_broken = isinstance(rule, TransitionRule) and not rule.allows(old, new)
            if is_broken and old is not None and new is not None:
                yield f"{place}: {rule.message}"
        if isinstance(old, BaseModel) and isinstance(new, BaseModel):
            yield from _find_problems(old, new, place)
