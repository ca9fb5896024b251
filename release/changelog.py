"""Release notes from changes/: `python -m release.changelog [--check | --draft]`."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from release.errors import ReleaseError
from release.tree import REPOSITORY, read_project, read_version
from testbed import TestbedError
from testbed.command import run

FOLDER, FILE = "changes", "CHANGELOG.md"
_NAME = re.compile(r"(?P<slug>[a-z0-9]+(?:-[a-z0-9]+)*)\.(?P<category>[a-z]+)\.md")
_LONGEST = 110
_SECTION = re.compile(r"^## \[(?P<name>[^]]+)\].*\n", re.MULTILINE)
_CATEGORY = re.compile(r"^### (.+)\n+", re.MULTILINE)


def list_faults(folder: Path, categories: Sequence[str]) -> Iterator[str]:
    """Say of each fragment that is not as CONTRIBUTING.md tells what is not."""
    for path in sorted(folder.iterdir()):
        if path.name == "README.md":
            continue
        match = _NAME.fullmatch(path.name)
        if match is None or match["category"] not in categories:
            yield (
                f"{path.name}: its name is not like what-it-is.{categories[0]}.md, or "
                + ", ".join(categories[1:])
            )
        else:
            yield from (f"{path.name}: {fault}" for fault in _judge(path.read_text()))


def join_unreleased(text: str, version: str) -> str:
    """Put what stands under Unreleased into the section of a version, category by category."""
    sections = {match["name"]: match for match in _SECTION.finditer(text)}
    unreleased, released = sections.get("Unreleased"), sections.get(version)
    if unreleased is None or released is None:
        return text
    end = _end_of(text, unreleased)
    joined = _split(text[released.end() : unreleased.start()])
    for category, lines in _split(text[unreleased.end() : end]).items():
        joined[category] = "\n".join(filter(None, [joined.get(category), lines]))
    parts = [f"### {category}\n\n{lines}\n" for category, lines in joined.items()]
    return text[: released.end()] + "\n" + "\n".join(parts) + _before(text[end:])


def write_changelog(folder: Path = REPOSITORY) -> None:
    """Have the next version's section written, and its fragments removed."""
    version = read_version(folder)
    path = folder / FILE
    if f"## [{version}]" in path.read_text():
        raise ReleaseError(f"{FILE} has {version} already: make version VERSION=… comes first.")
    _run_towncrier("--yes", folder)
    path.write_text(join_unreleased(path.read_text(), version))


def draft_changelog(folder: Path = REPOSITORY) -> str:
    """Return what the fragments would add."""
    return _run_towncrier("--draft", folder)


def check_fragments() -> list[str]:
    """Return what is wrong with ours."""
    categories = [each["directory"] for each in read_project()["tool"]["towncrier"]["type"]]
    return list(list_faults(REPOSITORY / FOLDER, categories))


def _run_towncrier(option: str, folder: Path) -> str:
    command = [
        sys.executable,
        "-m",
        "towncrier",
        "build",
        "--version",
        read_version(folder),
        option,
    ]
    return run(command, directory=folder)


def _judge(text: str) -> Iterator[str]:
    lines = text.splitlines()
    if not text.strip():
        yield "it is empty"
        return
    if lines[0].startswith(("-", "*", "#", " ")):
        yield "it has to begin with its first word: the mark of the list is put before it"
    if not text.endswith((".\n", ".)\n")):
        yield "it has to end with a full stop and a line's end"
    if any(len(line) > _LONGEST for line in lines):
        yield f"a line is longer than {_LONGEST}"


def _end_of(text: str, section: re.Match[str]) -> int:
    following = _SECTION.search(text, section.end())
    return following.start() if following else len(text)


def _split(section: str) -> dict[str, str]:
    _, *parts = _CATEGORY.split(section)
    return {name: lines.strip("\n") for name, lines in zip(parts[::2], parts[1::2], strict=True)}


def _before(rest: str) -> str:
    return f"\n{rest}" if rest else ""


def main(arguments: Sequence[str]) -> int:
    """Check, show or write."""
    parser = argparse.ArgumentParser(prog="python -m release.changelog")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="only say what is wrong")
    choice.add_argument("--draft", action="store_true", help="only show what would be added")
    options = parser.parse_args(arguments)
    faults = check_fragments()
    for fault in faults:
        sys.stderr.write(f"{FOLDER}/{fault}\n")
    if faults or options.check:
        return 1 if faults else 0
    try:
        if options.draft:
            print(draft_changelog())
        else:
            write_changelog()
    except (ReleaseError, TestbedError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
