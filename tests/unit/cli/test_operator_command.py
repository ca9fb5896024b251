from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason
from tests.unit.cli.conftest import CONFIG, Hub
from tests.unit.domain.samples import TOKEN

Call = Callable[..., Result]


def write(path: Path, **changes: Any) -> Path:
    path.write_text(yaml.safe_dump({**CONFIG, **changes}))
    return path


def check_lines(result: Result, *lines: str) -> None:
    """Check that this is all that was said: no trace, no usage, one line a fault."""
    assert result.output.splitlines() == [f"Error: {line}" for line in lines]


@pytest.mark.parametrize(
    "words",
    [
        "Run the operator until it is told to stop",
        "vaultServers:",
        "--config FILE",
        "$ROOTTRUST_CONFIG",
        "--roles TEXT",
        "--kubeconfig FILE",
        "--context TEXT",
        "--log-format [json|console]",
        "Exit codes: 0 stopped as told, 1 failed, 2 wrong usage or configuration.",
    ],
)
def test_help_teaches_configuration_options_and_exit_codes(call: Call, words: str) -> None:
    result = call("operator", "--help")
    assert result.exit_code == 0
    assert words in result.output


def test_the_configuration_in_the_help_is_one_that_works(
    call: Call, hub: Hub, tmp_path: Path
) -> None:
    text = call("operator", "--help").output
    example = text.partition("A configuration for one cluster:\n")[2].partition("\n\n")[0]
    path = tmp_path / "config.yaml"
    path.write_text(example)
    assert call("operator", "--config", path).exit_code == 0
    assert hub.settings[0].cluster.name == "cluster1"


def test_a_hub_that_is_told_to_stop_exits_with_success(call: Call, hub: Hub, config: Path) -> None:
    result = call("operator", "--config", config)
    assert (result.exit_code, result.output) == (0, "")
    assert hub.roles == [["cluster", "hub"]]


def test_the_configuration_is_found_by_its_variable(
    call: Call, hub: Hub, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOTTRUST_CONFIG", str(config))
    assert call("operator").exit_code == 0
    assert len(hub.settings) == 1


def test_roles_of_the_command_line_win(call: Call, hub: Hub, config: Path) -> None:
    assert call("operator", "--config", config, "--roles", "hub").exit_code == 0
    assert call("operator", "--config", config, "--roles", "cluster, hub").exit_code == 0
    assert hub.roles == [["hub"], ["cluster", "hub"]]


def test_kubeconfig_and_context_are_passed_on(
    call: Call, hub: Hub, config: Path, tmp_path: Path
) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.touch()
    call("operator", "--config", config, "--kubeconfig", kubeconfig, "--context", "mgmt")
    call("operator", "--config", config)
    assert hub.access == [
        {"kubeconfig": kubeconfig, "context": "mgmt"},
        {"kubeconfig": None, "context": None},
    ]


def test_a_cluster_role_alone_needs_no_vault(call: Call, hub: Hub, tmp_path: Path) -> None:
    config = write(tmp_path / "config.yaml", vaultServers=[])
    assert call("operator", "--config", config, "--roles", "cluster").exit_code == 0
    assert call("operator", "--config", config, "--roles", "hub").exit_code == 2
    assert hub.roles == [["cluster"]]


@pytest.mark.parametrize("roles", ["", "hub,agent"])
def test_a_role_that_does_not_exist_is_wrong_usage(
    call: Call, hub: Hub, config: Path, roles: str
) -> None:
    result = call("operator", "--config", config, "--roles", roles)
    assert result.exit_code == 2
    assert f"{config}: roles." in result.output
    assert "'hub' or 'cluster'" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("option", ["--config", "--kubeconfig"])
def test_a_file_that_is_missing_is_wrong_usage(
    call: Call, hub: Hub, config: Path, option: str
) -> None:
    result = call("operator", "--config", config, option, "/missing")
    assert result.exit_code == 2
    assert "File '/missing' does not exist" in result.output


def test_a_file_of_the_variable_that_is_missing_is_told(
    call: Call, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOTTRUST_CONFIG", "/missing")
    result = call("operator")
    assert result.exit_code == 2
    check_lines(result, "/missing: cannot be read (No such file or directory)")


def test_without_any_configuration_what_is_needed_is_told(call: Call, hub: Hub) -> None:
    result = call("operator")
    assert result.exit_code == 2
    check_lines(
        result,
        "the environment: cluster: is required",
        "no file was read: name one by --config, or by ROOTTRUST_CONFIG",
    )


def test_every_fault_of_a_configuration_is_one_line(call: Call, hub: Hub, config: Path) -> None:
    result = call("operator", "--config", write(config, workers=0, resyncSecond=1))
    assert result.exit_code == 2
    assert len(result.output.splitlines()) == 2
    assert f"Error: {config}: unknown key 'resyncSecond'" in result.output
    assert f"Error: {config}: workers: " in result.output


def test_a_configuration_that_is_not_yaml_names_the_line(
    call: Call, hub: Hub, config: Path
) -> None:
    config.write_text("a: 1\nb: [\n")
    result = call("operator", "--config", config)
    assert result.exit_code == 2
    check_lines(result, f"{config}: is not YAML (line 3)")


def test_a_value_that_may_be_private_is_not_repeated(call: Call, hub: Hub, config: Path) -> None:
    login = {"login": {"token": TOKEN}, "address": f"https://x:{TOKEN}@vault"}
    result = call("operator", "--config", write(config, vaultServers=[login]))
    assert result.exit_code == 2
    assert TOKEN not in result.output


def test_a_failure_that_is_known_is_one_line_of_the_log(
    call: Call, hub: Hub, config: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hub.failure = DependencyMissingError("No cluster: make one.", reason=Reason.API_UNREACHABLE)
    result = call("operator", "--config", config)
    assert result.exit_code == 1
    (record,) = caplog.records
    assert (record.levelname, record.message) == ("CRITICAL", "No cluster: make one.")
    assert vars(record)["reason"] == Reason.API_UNREACHABLE
    assert result.output == ""


def test_parts_that_fail_are_named_without_secrets(
    call: Call, hub: Hub, config: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hub.failure = ExceptionGroup("x", [OSError(98, "in use"), ValueError(f"bad {TOKEN}")])
    result = call("operator", "--config", config)
    assert result.exit_code == 1
    assert caplog.messages == [
        "the operator failed: OSError: [Errno 98] in use; ValueError: bad [redacted]"
    ]


@pytest.mark.parametrize(
    ("variable", "option", "form"),
    [
        (None, None, "console"),
        ("json", None, "json"),
        ("json", "console", "console"),
    ],
)
def test_logs_are_as_the_last_of_configuration_environment_and_option_says(
    call: Call,
    hub: Hub,
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str | None,
    option: str | None,
    form: str,
) -> None:
    asked: list[dict[str, str]] = []
    if variable:
        monkeypatch.setenv("ROOTTRUST_LOGGING__FORMAT", variable)
    monkeypatch.setattr(
        "roottrust.cli.operator_command.configure_logs", lambda **given: asked.append(given)
    )
    write(config, logging={"format": "console", "level": "DEBUG"})
    words = ["--log-format", option] if option else []
    assert call("operator", "--config", config, *words).exit_code == 0
    assert asked == [{"form": form, "level": logging.getLevelName(logging.DEBUG)}]


def test_without_a_word_on_it_the_terminal_decides(
    call: Call, hub: Hub, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, str | None]] = []
    monkeypatch.setattr(
        "roottrust.cli.operator_command.configure_logs", lambda **given: asked.append(given)
    )
    assert call("operator", "--config", config).exit_code == 0
    assert asked[0]["form"] is None
