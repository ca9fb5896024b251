"""The command line as people call it, without anything that it would run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from roottrust.cli import operator_command
from roottrust.cli.main import main
from roottrust.runtime.role import RolePlan

CONFIG: dict[str, Any] = {
    "cluster": {"name": "cluster1"},
    "vaultServers": [
        {"address": "https://vault.example:8200", "login": {"tokenFile": {"path": "/token"}}}
    ],
}


@dataclass
class Hub:
    """What would run: it ends, or fails as a test says."""

    failure: BaseException | None = None
    settings: list[Any] = field(default_factory=list)
    roles: list[list[str]] = field(default_factory=list)
    access: list[dict[str, Any]] = field(default_factory=list)

    async def load_access(self, **given: Any) -> str:
        self.access.append(given)
        return "access"

    async def run(
        self, settings: Any, access: str, plans: list[RolePlan], *, stop: asyncio.Event
    ) -> None:
        assert access == "access"
        assert not stop.is_set()
        self.settings.append(settings)
        self.roles.append([each.name for each in plans])
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    hub = Hub()
    monkeypatch.setattr(operator_command, "run_roles", hub.run)
    monkeypatch.setattr(operator_command, "load_access", hub.load_access)
    # Logs of the whole process would go to a stream that ends with the test.
    monkeypatch.setattr(operator_command, "configure_logs", lambda **_: None)
    monkeypatch.setattr(operator_command, "log_uncaught", lambda: None)
    return hub


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(CONFIG))
    return path


@pytest.fixture
def call() -> Callable[..., Result]:
    def call(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    return call
