"""The licences of what is in the image, for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from release.component import Component, Origin

_HEADINGS = {
    Origin.PYTHON: "Python packages",
    Origin.BUNDLED: "Inside Python packages",
    Origin.BASE: "The base of the image",
}
_BASE = """\
The base is whatever the image was built on (`BASE`); this is what the tests build on. The names are
those of Debian's copyright files, and each package's own is in the image, in `/usr/share/doc`.
"""


def render_page(components: Sequence[Component], version: str) -> str:
    """Return the page."""
    return "\n".join(_render(components, version)) + "\n"


def _render(components: Sequence[Component], version: str) -> Iterator[str]:
    yield f"# Licences of what is in the image of roottrust {version}"
    for origin, heading in _HEADINGS.items():
        parts = [each for each in components if each.origin is origin]
        if not parts:
            continue
        yield f"\n## {heading}\n"
        if origin is Origin.BASE:
            yield _BASE
        yield "| part | version | licence |"
        yield "|---|---|---|"
        for part in parts:
            name = f"{part.name} (in {part.inside})" if part.inside else part.name
            yield f"| {name} | {part.version} | {', '.join(part.licences) or 'not said'} |"
    yield "\n## How many have each\n"
    shipped = (part for part in components if part.origin is not Origin.BASE)
    counts = Counter(licence for part in shipped for licence in part.licences)
    yield "| licence, the base left out | parts |"
    yield "|---|---|"
    for licence, count in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        yield f"| {licence} | {count} |"
