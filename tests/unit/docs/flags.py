"""Options of other programs: none that they do not have."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def read_words(text: str) -> frozenset[str]:
    """Return the words of a list that is written as text."""
    return frozenset(text.split())


def split_flags(
    words: Sequence[str], *, valued: Collection[str], plain: Collection[str]
) -> tuple[list[str], dict[str, list[str]]]:
    """Return what is no option, and the values of those that are; raises ValueError."""
    rest, found = list[str](), dict[str, list[str]]()
    left = iter(words)
    for word in left:
        name, has_value, value = word.partition("=")
        if word == "--":
            rest += left
        elif not word.startswith("-") or word == "-":
            rest.append(word)
        elif name in valued:
            found.setdefault(name, []).append(value if has_value else next(left, ""))
        elif name in plain:
            found.setdefault(name, []).append(value)
        else:
            raise ValueError(f"{name} is no option that is known here")
    return rest, found
