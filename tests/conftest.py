"""What holds for every test: its folder says what it needs, and nobody's settings reach it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

_INTEGRATION = Path(__file__).parent / "integration"
_HUB = _INTEGRATION / "hub"
_E2E = Path(__file__).parent / "e2e"
# By these an operator is configured.
_CONFIGURES = "ROOTTRUST_"
_NAMESPACE = "POD_NAMESPACE"
# They judge what the others did.
_JUDGES = "test_used_rights.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_INTEGRATION):
            item.add_marker(pytest.mark.integration)
        if item.path.is_relative_to(_E2E):
            item.add_marker(pytest.mark.e2e)
    # An operator that runs writes to the objects of every test: those that start one come last.
    items.sort(key=lambda item: (item.path.name == _JUDGES, item.path.is_relative_to(_HUB)))


@pytest.fixture(scope="session", autouse=True)
def _no_settings_in_the_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(_CONFIGURES) or name == _NAMESPACE:
                patch.delenv(name)
        yield
