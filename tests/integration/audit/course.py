"""What has to run for a judgement on rights, and whether it did in this session."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from testbed import Testbed
from tests import session
from tests.integration.audit.call import Call, read_calls
from tests.integration.audit.judgement import Window

BEGUN = pytest.StashKey[datetime]()
WINDOWS = pytest.StashKey[list[Window]]()
_LEFT_OUT = {"prove", "bench"}
_FOLDER = session.REPOSITORY / "tests/integration"


@dataclass(frozen=True)
class Session:
    """One run of the tests, and all that the product asked its API servers meanwhile."""

    request: pytest.FixtureRequest
    bed: Testbed

    @property
    def windows(self) -> list[Window]:
        return self.request.session.stash.get(WINDOWS, [])

    def list_calls(self) -> Iterator[Call]:
        """List what was asked of each cluster of this run."""
        since = self.request.session.stash[BEGUN]
        for cluster in self.bed.clusters.values():
            if cluster.has_audit:
                yield from read_calls(cluster.audit_log, since=since)

    def require(self, *files: str) -> None:
        """Skip unless all tests of these files of tests/integration are in this run."""
        missing = list(_list_missing(self.request.session.items, files))
        if missing:
            places = " ".join(f"tests/integration/{each}" for each in files)
            pytest.skip(f"it judges a whole run of {places}; not in this one: {', '.join(missing)}")


@contextlib.contextmanager
def record_windows(item: pytest.Item) -> Iterator[None]:
    """Keep when a test ran, with its fixtures, and whom it has refused what they ask for."""
    begun = datetime.now(UTC)
    refused = (str(each) for mark in item.iter_markers("refused") for each in mark.args)
    yield
    window = Window(
        test=item.nodeid, begun=begun, ended=datetime.now(UTC), refused=frozenset(refused)
    )
    item.session.stash.setdefault(WINDOWS, []).append(window)


def _list_missing(items: Sequence[pytest.Item], files: Iterable[str]) -> Iterator[str]:
    run: dict[Path, set[str]] = defaultdict(set)
    tests: dict[Path, set[str]] = {}
    for item in items:
        if isinstance(item, pytest.Function):
            run[item.path].add(item.originalname)
            tests[item.path] = tests.get(item.path) or list_tests(item.module)
    for each in files:
        path = _FOLDER / each
        assert path.is_file(), f"there is no {path}"
        if path not in tests:
            yield each
        elif left := tests[path] - run[path]:
            yield f"{each}::{min(left)}"


def list_tests(module: ModuleType) -> set[str]:
    """Return the tests of a file, but for the long ones that are run by themselves."""
    found = {name: each for name, each in vars(module).items() if name.startswith("test_")}
    of_module = getattr(module, "pytestmark", ())
    return {
        name
        for name, each in found.items()
        if not _LEFT_OUT & {mark.name for mark in (*_listed(of_module), *_marks(each))}
    }


def _marks(function: object) -> Sequence[pytest.Mark]:
    return getattr(function, "pytestmark", ())


def _listed(marks: object) -> Sequence[pytest.Mark]:
    return marks if isinstance(marks, (list, tuple)) else (marks,)
