"""What a release has to pass, step by step, and what came of each."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from release import sbom
from release.audit import run_audit
from release.build import build_twice, provide_helm
from release.changelog import check_fragments, draft_changelog
from release.errors import ReleaseError
from release.source import list_uncommitted
from release.tree import DIST, REPOSITORY, UV, read_version
from release.version import find_others
from testbed import Testbed, TestbedError
from testbed.command import run
from testbed.progress import Progress

_REQUIREMENTS = "requirements-uv.txt"


class Outcome(StrEnum):
    """How a step can end; what is not known is not passed."""

    PASSED = "passed"
    FAILED = "FAILED"
    UNKNOWN = "NOT KNOWN"
    LEFT_OUT = "left out"


@dataclass(frozen=True)
class Result:
    """How a step ended, and a sentence about it."""

    outcome: Outcome
    message: str


@dataclass(frozen=True)
class Step:
    """A thing to look at; it raises, or returns its result."""

    name: str
    look: Callable[[], Result]


def build_steps(folder: Path, *, upgrade: bool) -> list[Step]:
    """Return all steps, the quick ones first; they write below the folder."""
    return [
        Step("everything is committed", _check_tree),
        Step("one version in every place", _check_version),
        Step("release notes build", _check_changelog),
        Step("lock file in step", _check_lock),
        Step("no known vulnerability", _check_audit),
        Step("style, types, generated files", _check_lint),
        Step("the same bytes when built twice", lambda: _check_builds(folder)),
        Step("SBOM and licences of the image", _check_image),
        Step("upgrade from the last tag", _check_upgrade if upgrade else _leave_out_upgrade),
    ]


def run_steps(steps: Sequence[Step], progress: Progress) -> list[tuple[str, Result]]:
    """Run them all, also after one that failed."""
    results = []
    for step in steps:
        with progress.step(step.name, quiet=True):
            result = _run(step)
        progress.say(f"{step.name}: {result.outcome}")
        results.append((step.name, result))
    return results


def _run(step: Step) -> Result:
    try:
        return step.look()
    except (ReleaseError, TestbedError) as error:
        return Result(Outcome.FAILED, str(error))


def _pass_unless(faults: Sequence[str], message: str) -> Result:
    return Result(Outcome.FAILED, "\n".join(faults)) if faults else Result(Outcome.PASSED, message)


def _check_tree() -> Result:
    return _pass_unless(list_uncommitted(), "as the last commit has it")


def _check_version() -> Result:
    return _pass_unless(find_others(), read_version())


def _check_changelog() -> Result:
    faults = check_fragments()
    if not faults:
        draft_changelog()
    return _pass_unless(faults, "make changelog DRAFT=1 shows them")


def _check_lock() -> Result:
    run([UV, "lock", "--check"], directory=REPOSITORY)
    wanted = run(
        [UV, "export", "--locked", "--only-group", "uv", "--no-header"], directory=REPOSITORY
    )
    stale = (REPOSITORY / _REQUIREMENTS).read_text() != wanted
    return _pass_unless([f"{_REQUIREMENTS} is out of date"] * stale, "uv.lock, " + _REQUIREMENTS)


def _check_audit() -> Result:
    audit = run_audit()
    if audit.unreachable:
        return Result(Outcome.UNKNOWN, audit.describe())
    return _pass_unless(audit.wrong, "\n".join([audit.describe(), *audit.notes]))


def _check_lint() -> Result:
    run(["make", "--no-print-directory", "lint"], directory=REPOSITORY, seconds=1800)
    return Result(Outcome.PASSED, "make lint")


def _check_builds(folder: Path) -> Result:
    built = build_twice(folder, helm=provide_helm())
    DIST.mkdir(exist_ok=True)
    for path in built:
        (DIST / path.name).write_bytes(path.read_bytes())
    return Result(Outcome.PASSED, ", ".join(f"dist/{path.name}" for path in built))


def _check_image() -> Result:
    archive = Testbed().build_image(REPOSITORY, sbom.IMAGE).archive
    return _pass_unless(sbom.write_bill(archive, DIST), f"dist/{sbom.SBOM}, dist/{sbom.LICENCES}")


def _check_upgrade() -> Result:
    words = ["-m", "pytest", "tests/e2e", "-k", "upgrade", "--quiet"]
    printed = run(
        [sys.executable, *words],
        directory=REPOSITORY,
        environment={"TESTS_REQUIRE_TESTBED": "1"},
        seconds=3600,
    )
    return judge_tests(printed.strip().splitlines()[-1])


def judge_tests(summary: str) -> Result:
    """Tell by pytest's last line whether anything was tested: it is content with skips alone."""
    return Result(Outcome.PASSED if " passed" in summary else Outcome.UNKNOWN, summary)


def _leave_out_upgrade() -> Result:
    return Result(Outcome.LEFT_OUT, "make release-check UPGRADE=1 has it, on real clusters")
