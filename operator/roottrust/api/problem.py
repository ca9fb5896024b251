"""What is wrong with an object, in the words of the rules that it breaks."""

from __future__ import annotations

from pydantic import ValidationError

_SHOWN_MAX = 5


def list_problems(error: ValidationError, *, root: str = "spec") -> tuple[str, ...]:
    """Return one sentence for each fault: where it is, and what to write instead.

    The values themselves are left out: they may be what should not have been written down.
    """
    return tuple(
        f"{_format_location(root, detail['loc'])}: {detail['msg']}"
        for detail in error.errors(include_url=False, include_input=False, include_context=False)
    )


def describe_problems(error: ValidationError, *, root: str = "spec") -> str:
    """Return one sentence on all faults of an object."""
    found = list_problems(error, root=root)
    more = len(found) - _SHOWN_MAX
    tail = [f"and {more} more"] if more > 0 else []
    return "; ".join([*found[:_SHOWN_MAX], *tail])


def _format_location(root: str, location: tuple[int | str, ...]) -> str:
    text = root
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text
