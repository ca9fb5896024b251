"""Reading YAML documents from files, folders and stdin, each with its place for messages."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

STDIN = "-"

_SUFFIXES = frozenset({".yaml", ".yml", ".json"})


class DocumentsError(Exception):
    """Files that cannot be used; each of `lines` names a file, a place and what is wrong there."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


@dataclass(frozen=True, kw_only=True)
class Document:
    """One document, and where it is."""

    place: str
    content: Any


class _StrictLoader(yaml.SafeLoader):
    """Refuses a key that is written twice, as `kubectl apply` does; YAML would keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - the signature of PyYAML
        """Build a mapping."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = getattr(key_node, "value", None)
            if isinstance(key_node, yaml.ScalarNode) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is written twice", key_node.start_mark
                )
            seen.add(key if isinstance(key_node, yaml.ScalarNode) else None)
        return super().construct_mapping(node, deep=deep)


def read_documents(names: Iterable[str]) -> tuple[Document, ...]:
    """Return the documents of all files, those that are empty left out.

    A folder stands for the YAML and JSON files in it, `-` for stdin. Raises DocumentsError, which
    tells of all files.
    """
    found: list[Document] = []
    faults: list[str] = []
    for name in names:
        for source, text in _read_texts(name, faults):
            found += _parse(source, text, faults)
    if faults:
        raise DocumentsError(faults)
    return tuple(found)


def _read_texts(name: str, faults: list[str]) -> Iterator[tuple[str, str]]:
    """Return all texts by what they are called; whatever cannot be read is a fault."""
    readers: Mapping[str, Callable[[], bytes]] = (
        {"stdin": sys.stdin.buffer.read}
        if name == STDIN
        else {str(each): each.read_bytes for each in _list_files(Path(name), faults)}
    )
    for source, read in readers.items():
        try:
            yield source, read().decode()
        except OSError as failure:
            faults.append(_describe_unreadable(source, failure))
        except UnicodeDecodeError:
            faults.append(f"{source}: is not UTF-8")


def _list_files(path: Path, faults: list[str]) -> list[Path]:
    try:
        if not path.is_dir():
            return [path]
        files = sorted(each for each in path.iterdir() if each.suffix in _SUFFIXES)
    except OSError as failure:
        faults.append(_describe_unreadable(str(path), failure))
        return []
    if not files:
        faults.append(f"{path}: has no .yaml, .yml or .json files (folders in it are not read)")
    return files


def _describe_unreadable(source: str, failure: OSError) -> str:
    return f"{source}: cannot be read ({failure.strerror})"


def _parse(source: str, text: str, faults: list[str]) -> list[Document]:
    found: list[Document] = []
    try:
        for number, content in enumerate(yaml.load_all(text, Loader=_StrictLoader), start=1):
            if content is not None:
                found.append(Document(place=f"{source}: document {number}", content=content))
    except (yaml.YAMLError, ValueError, RecursionError) as failure:
        faults.append(f"{source}: {_describe(failure)}")
    return found


def _describe(failure: Exception) -> str:
    """Say what is wrong and where, without quoting the text: it may hold what is private."""
    mark = getattr(failure, "problem_mark", None)
    problem = getattr(failure, "problem", None)
    place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
    return f"is not YAML that Kubernetes takes{place}{f': {problem}' if problem else ''}"
