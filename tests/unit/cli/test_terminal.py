"""What commands have in common that people and pipelines call."""

from __future__ import annotations

from pathlib import Path

import pytest

from roottrust.cli.terminal import find_kubeconfig, has_colours
from roottrust.domain.printable import make_printable


@pytest.mark.parametrize(
    ("variables", "colours"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_no_color_is_obeyed_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], colours: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert has_colours("auto") is colours


@pytest.mark.parametrize(("color", "colours"), [("always", True), ("never", False)])
def test_whoever_asks_for_colours_has_them(color: str, colours: bool) -> None:
    assert has_colours(color) is colours


def test_what_a_terminal_would_obey_is_shown_instead() -> None:
    assert make_printable("a\033[31m\nb\u202eü") == "a\\x1b[31m\\nb\\u202eü"


@pytest.mark.parametrize("variable", ["KUBECONFIG", "KUBERNETES_SERVICE_HOST"])
def test_the_kubeconfig_of_the_home_counts_unless_something_else_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for each in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(each, raising=False)
    assert find_kubeconfig() is None
    path = tmp_path / ".kube" / "config"
    path.parent.mkdir()
    path.touch()
    assert find_kubeconfig() == path
    monkeypatch.setenv(variable, "something")
    assert find_kubeconfig() is None
