"""The version in every place that names it: `python -m release.version (--check | X.Y.Z)`.

pyproject.toml is the source. What runs asks the installed package; files that cannot ask are here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from release.errors import ReleaseError
from release.tree import REPOSITORY, read_version

_VERSION = r"\d+\.\d+\.\d+"
# A place is a file and the text around the version; it has to be there.
_PLACES = (
    ("pyproject.toml", r'^version = "({})"$'),
    ("uv.lock", r'^name = "roottrust"\nversion = "({})"$'),
    ("charts/roottrust/Chart.yaml", r"^version: ({})$"),
    ("charts/roottrust/Chart.yaml", r'^appVersion: "({})"$'),
    ("deploy/istiod/helm-plugin/plugin.yaml", r"^version: ({})$"),
    ("deploy/istiod/istiod-values.yaml", r"image: roottrust:({})\b"),
)
# What people copy names a version wherever it stands.
_FOLDERS = ("charts", "deploy", "docs", "README.md")
_SUFFIXES = (".md", ".yaml")
_DECISIONS = "docs/adr"  # stay as they were written
_EXAMPLES = (
    r"\broottrust:({})\b",
    r"\broottrust==({})\b",
    r"\broottrust-({})\b",
    r'\bnewTag: "?({})\b',
    r"\bVERSION=({})\b",
)


@dataclass(frozen=True)
class Place:
    """A file, and a pattern whose group is the version."""

    path: Path
    pattern: re.Pattern[str]


def find_places(folder: Path = REPOSITORY) -> Iterator[Place]:
    """Yield every place that has a version; one that must and does not is told."""
    for name, pattern in _PLACES:
        place = Place(folder / name, _compile(pattern))
        if place.pattern.search(place.path.read_text()) is None:
            raise ReleaseError(f"{name} has no line like `{pattern}`, where the version belongs.")
        yield place
    for path in _list_documents(folder):
        text = path.read_text()
        for example in map(_compile, _EXAMPLES):
            if example.search(text):
                yield Place(path, example)


def find_others(folder: Path = REPOSITORY) -> list[str]:
    """Tell each place that names another version than pyproject.toml."""
    wanted = read_version(folder)
    found = {
        f"{place.path.relative_to(folder)}: {match[0].splitlines()[-1]}"
        for place in find_places(folder)
        for match in place.pattern.finditer(place.path.read_text())
        if match[1] != wanted
    }
    return sorted(found)


def set_version(version: str, folder: Path = REPOSITORY) -> None:
    """Write the version into every place, or into none."""
    if re.fullmatch(_VERSION, version) is None:
        raise ReleaseError(f"{version!r} is no version of the form 1.2.3.")
    for place in list(find_places(folder)):
        text = place.path.read_text()
        place.path.write_text(place.pattern.sub(lambda match: _replace(match, version), text))


def main(arguments: Sequence[str]) -> int:
    """Set the version, or tell what names another one."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m release.version (--check | X.Y.Z)\n")
        return 2
    try:
        if arguments[0] != "--check":
            set_version(arguments[0])
        others = find_others()
    except ReleaseError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for other in others:
        sys.stderr.write(f"{other}\n")
    if others:
        version = read_version()
        sys.stderr.write(f"The version is {version}: make version VERSION={version}\n")
    return 1 if others else 0


def _list_documents(folder: Path) -> Iterator[Path]:
    for name in _FOLDERS:
        place = folder / name
        files = sorted(place.rglob("*")) if place.is_dir() else [place]
        documents = (each for each in files if each.is_file() and each.suffix in _SUFFIXES)
        yield from (each for each in documents if folder / _DECISIONS not in each.parents)


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.format(_VERSION), re.MULTILINE)


def _replace(match: re.Match[str], version: str) -> str:
    whole, start = match[0], match.start(0)
    return whole[: match.start(1) - start] + version + whole[match.end(1) - start :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
