"""A real browser, of Debian's package: it is installed where it is missing and root may do so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from testbed import TestbedError, debian
from testbed.preflight import check_machine
from testbed.progress import Progress
from tests import session
from tests.browser.chromium import Tab, open_tab, run_chromium


@pytest.fixture(scope="session")
def chromium(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a browser that runs for all tests."""
    _install(request)
    with run_chromium(tmp_path_factory.mktemp("chromium")) as address:
        yield address


@pytest.fixture
async def tab(chromium: str) -> AsyncIterator[Tab]:
    """A tab of the test's own."""
    async with open_tab(chromium) as tab:
        yield tab


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Where a page is written to."""
    return tmp_path / "report.html"


def _install(request: pytest.FixtureRequest) -> None:
    if not debian.missing_packages(debian.BROWSER_TOOLS):
        return
    try:
        check_machine()
    except TestbedError:
        if session.REQUIRES:
            raise
        pytest.skip("Chromium is not installed, and only root can install it.")
    with session.shown(request):
        debian.ensure(debian.BROWSER_TOOLS, Progress())
