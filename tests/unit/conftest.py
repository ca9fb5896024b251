"""Unit tests know nothing of the environment that they run in."""

from __future__ import annotations

import os

import pytest

from roottrust.runtime.settings import OperatorSettings


@pytest.fixture(autouse=True)
def _no_settings_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(OperatorSettings.ENVIRONMENT_PREFIX):
            monkeypatch.delenv(name)
