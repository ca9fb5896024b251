"""Commands of the demo run as a person would type them, and reach nothing of the person's own."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from demo.errors import DemoError
from demo.narrator import Narrator
from demo.shell import Shell
from demo.stage import Stage

_KUBECTL = """#!/bin/sh
echo "said $*, Helm would use ${HELM_KUBECONTEXT:-nothing}, we ${ROOTTRUST_CONFIG:-nothing}"
[ "$1" != fail ] || { echo "no such thing" >&2; exit 1; }
"""


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=200)


@pytest.fixture
def shell(tmp_path: Path, console: Console) -> Shell:
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(_KUBECTL)
    kubectl.chmod(0o755)
    stage = Stage(kubectl, tmp_path / "config", kubectl, "https://vault", tmp_path / "ca", "token")
    narrator = Narrator(console)
    narrator.abbreviate(str(tmp_path), "$DEMO")
    return Shell(stage, narrator, vault_token="token", directory=tmp_path, helm_home=tmp_path)


def read(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_shows_a_command_by_the_short_names_of_folders(
    shell: Shell, console: Console, tmp_path: Path
) -> None:
    shell.run("kubectl", "get", f"--file={tmp_path}/a")
    assert read(console).splitlines()[0] == "$ kubectl get --file=$DEMO/a"


def test_takes_no_settings_from_whoever_runs_it(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELM_KUBECONTEXT", "production")
    monkeypatch.setenv("ROOTTRUST_CONFIG", "production.yaml")
    assert "Helm would use nothing, we nothing" in shell.run("kubectl", "get")


def test_runs_several_at_once_and_returns_what_they_printed(shell: Shell, console: Console) -> None:
    told = shell.do_together(("kubectl", "a"), ("kubectl", "b"))
    assert [each.split(",")[0] for each in told] == ["said a", "said b"]
    assert read(console) == "$ kubectl a\n$ kubectl b\n"


def test_one_of_several_that_fails_has_its_own_words(shell: Shell) -> None:
    with pytest.raises(DemoError, match="no such thing"):
        shell.do_together(("kubectl", "a"), ("kubectl", "fail"))


def test_a_long_command_is_followed_line_by_line(shell: Shell) -> None:
    told: list[str] = []
    shell.follow("kubectl", "get", told=told.append)
    assert told == ["said get, Helm would use nothing, we nothing"]


def test_a_long_command_that_fails_is_told_with_its_exit_code(shell: Shell) -> None:
    told: list[str] = []
    with pytest.raises(DemoError, match="exit code 1"):
        shell.follow("kubectl", "fail", told=told.append)
    assert told[-1] == "no such thing"


def test_a_failure_has_both_its_words_and_what_was_printed_before(shell: Shell) -> None:
    answer = shell.ask("kubectl", "fail")
    assert not answer.ok
    assert answer.output.splitlines()[0] == "no such thing"
    assert answer.output.count("said fail") == 1
