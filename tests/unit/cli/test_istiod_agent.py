from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from roottrust.cli.main import main

COMMANDS = ("init-container", "sidecar", "agent")
# What other commands need: beside istiod it would only take memory.
HEAVY = ("aiohttp", "kopf", "kubernetes", "re2", "rich", "pydantic_settings")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches_by_an_example(command: str) -> None:
    text = CliRunner().invoke(main, [command, "--help"]).output
    assert f"args: [{command}]" in text
    assert "POD_NAME, POD_NAMESPACE" in text
    assert "Exit codes: 0 " in text


@pytest.mark.parametrize("command", COMMANDS)
def test_environment_that_cannot_be_used_is_told_line_by_line(command: str) -> None:
    result = CliRunner(env={"POD_NAME": "", "POD_NAMESPACE": ""}).invoke(main, [command])
    assert result.exit_code == 2
    assert "Error: POD_NAME: is required: set it by fieldRef from metadata.name\n" in result.output
    assert "Error: POD_NAMESPACE: is required" in result.output


@pytest.mark.parametrize("module", ["init_container", "sidecar", "agent"])
def test_agent_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, roottrust.cli.main, roottrust.cli.istiod_agent.{module} as _; "
    code += f"print(*({HEAVY!r} & sys.modules.keys()))".replace(repr(HEAVY), f"set({HEAVY!r})")
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ""
