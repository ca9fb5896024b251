"""What pages claim of the code and of tests: a name that is gone is a claim that nobody proves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from roottrust.domain.reasons import Reason

REPOSITORY = Path(__file__).parents[2]
PAGES = sorted((REPOSITORY / "docs").rglob("*.md"))
TROUBLESHOOTING = REPOSITORY / "docs/troubleshooting.md"
_TEST_FILE = re.compile(r"tests/[\w/]+\.py")

# What is as it should be, goes on by itself, or is told of something that was done.
_NO_TROUBLE = frozenset(
    {
        Reason.ACCEPTED,
        Reason.ISSUED,
        Reason.UPDATED,
        Reason.PROPAGATED,
        Reason.READY,
        Reason.REACHABLE,
        Reason.CONFIGURED,
        Reason.PUBLISHED,
        Reason.ISTIOD_READY,
        Reason.MIRRORED,
        Reason.COMPLETE,
        Reason.RETRYING,
        Reason.REMOVED_FROM_VAULT,
        Reason.KEYS_REMOVED,
        Reason.RESTARTING,
        Reason.RESTARTED,
        Reason.RESTARTS_REQUESTED,
        Reason.WORKLOADS_RENEWED,
        Reason.LEAVES_FROM_BEFORE,
        Reason.LEAVES_RENEWED,
        Reason.ROTATION_STARTED,
        Reason.ROTATION_STAGE,
        Reason.ROTATION_COMPLETED,
        Reason.ROTATION_ROLLED_BACK,
        Reason.INTERMEDIATES_COMPROMISED,
        Reason.INTERMEDIATES_REVOKED,
        Reason.REVOCATION_LEFT,
        # Told by others, with their own reason beside it.
        Reason.NOT_ACCEPTED,
        Reason.NOT_LEADING,
        Reason.ISTIOD_UNREACHABLE,
    }
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_tests_that_a_page_names_are_there(page: Path) -> None:
    named = _TEST_FILE.findall(page.read_text())
    assert [each for each in named if not (REPOSITORY / each).is_file()] == []


@pytest.mark.parametrize("reason", sorted(set(Reason) - _NO_TROUBLE))
def test_what_may_go_wrong_is_in_the_page_of_troubles(reason: Reason) -> None:
    assert re.search(rf"\b{reason}\b", TROUBLESHOOTING.read_text())
