from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from collections.abc import Callable

import pytest
from click.testing import Result

Call = Callable[..., Result]


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_says_what_the_product_is_for_and_lists_the_commands(call: Call, option: str) -> None:
    result = call(option)
    assert result.exit_code == 0
    assert "one root of trust, kept in Vault" in result.output
    assert "operator Run the operator (hub or cluster role)." in " ".join(result.output.split())


def test_without_a_command_the_help_is_shown_as_wrong_usage(call: Call) -> None:
    result = call()
    assert result.exit_code == 2
    assert "Commands:" in result.output


def test_the_version_is_that_of_the_package(call: Call) -> None:
    result = call("--version")
    assert result.exit_code == 0
    assert importlib.metadata.version("roottrust") in result.output


@pytest.mark.parametrize("arguments", [["unknown"], ["--unknown"]])
def test_what_is_not_known_is_wrong_usage_with_a_way_on(call: Call, arguments: list[str]) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert "Try 'main --help' for help." in result.output


def test_help_loads_nothing_that_it_does_not_need() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from roottrust.cli.main import main;"
        "CliRunner().invoke(main, ['--help']);"
        "print([name for name in ('kopf', 'hvac', 'kubernetes') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_kubectl_finds_the_command_as_its_plugin(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (script,) = importlib.metadata.entry_points(group="console_scripts", name="kubectl-roottrust")
    monkeypatch.setattr(sys, "argv", ["/bin/kubectl-roottrust", "status", "--help"])
    with pytest.raises(SystemExit) as ended:
        script.load()()
    assert ended.value.code == 0
    assert "Usage: kubectl roottrust status [OPTIONS]" in capsys.readouterr().out
