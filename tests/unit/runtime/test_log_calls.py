"""What log calls of ours have in common, wherever they are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from roottrust.runtime.log_context import FIELDS

CODE = Path(__file__).parents[3] / "operator/roottrust"
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}


def list_calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "logger"
            and node.func.attr in LEVELS
        ):
            yield node


CALLS = [
    pytest.param(call, id=f"{path.relative_to(CODE)}:{call.lineno}")
    for path in sorted(CODE.rglob("*.py"))
    for call in list_calls(path)
]


def list_texts(call: ast.Call) -> list[str]:
    return [
        each.value
        for argument in call.args
        for each in ast.walk(argument)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]


def test_calls_are_found() -> None:
    assert len(CALLS) > 60


@pytest.mark.parametrize("call", CALLS)
def test_it_is_one_line(call: ast.Call) -> None:
    assert not any("\n" in text for text in list_texts(call))


@pytest.mark.parametrize("call", CALLS)
def test_what_it_adds_is_a_field_of_the_line(call: ast.Call) -> None:
    """What the forms do not know they leave out."""
    given = next((each.value for each in call.keywords if each.arg == "extra"), None)
    if isinstance(given, ast.Dict):
        keys = {each.value for each in given.keys if isinstance(each, ast.Constant)}
        assert keys <= set(FIELDS)


@pytest.mark.parametrize("call", CALLS)
def test_the_failure_it_tells_gives_its_reason(call: ast.Call) -> None:
    tells = any(ast.unparse(argument) == "error.message" for argument in call.args)
    assert not tells or any(each.arg == "extra" for each in call.keywords)
