"""Reading the configuration, and saying in plain lines what is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from roottrust.runtime.settings import OperatorSettings
from roottrust.runtime.settings_environment import CONFIG_VARIABLE

_NO_FILE = f"no file was read: name one by --config, or by {CONFIG_VARIABLE}"


class SettingsError(Exception):
    """The configuration cannot be used; each of `lines` names a key and what is wrong with it."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def load_settings(
    path: Path | None = None, *, command_line: Mapping[str, Any] | None = None
) -> OperatorSettings:
    """Return the configuration of a file (or $ROOTTRUST_CONFIG), environment and command line.

    Raises SettingsError.
    """
    source = path or _find_file()
    found = _read_file(source)
    if source:
        return _build(found, source=str(source), command_line=command_line)
    try:
        return _build(found, source="the environment", command_line=command_line)
    except SettingsError as error:
        raise SettingsError((*error.lines, _NO_FILE)) from None


def parse_settings(
    text: str, *, source: str, command_line: Mapping[str, Any] | None = None
) -> OperatorSettings:
    """Return the configuration of a text that is called `source`; raises SettingsError."""
    return _build(_parse(text, source=source), source=source, command_line=command_line)


def _build(
    given: Mapping[str, Any], *, source: str, command_line: Mapping[str, Any] | None
) -> OperatorSettings:
    try:
        return OperatorSettings(
            **{**given, OperatorSettings.COMMAND_LINE: dict(command_line or {})}
        )
    except ValidationError as error:
        raise SettingsError(describe_settings_error(error, source=source)) from None


def describe_settings_error(error: ValidationError, *, source: str) -> tuple[str, ...]:
    """Return one readable line for each fault; values are left out, they may be private."""
    return tuple(
        f"{source}: {_describe_fault(dict(fault))}"
        for fault in error.errors(include_url=False, include_context=False, include_input=False)
    )


def _describe_fault(fault: dict[str, Any]) -> str:
    key = ".".join(str(part) for part in fault["loc"]) or "configuration"
    match fault["type"]:
        case "extra_forbidden":
            return f"unknown key {key!r}"
        case "missing":
            return f"{key}: is required"
        case _:
            return f"{key}: {fault['msg'].removeprefix('Value error, ')}"


def _find_file() -> Path | None:
    value = os.environ.get(CONFIG_VARIABLE)
    return Path(value) if value else None


def _read_file(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as failure:
        raise SettingsError((f"{path}: cannot be read ({failure.strerror})",)) from None
    except UnicodeDecodeError:
        raise SettingsError((f"{path}: is not YAML",)) from None
    return _parse(text, source=str(path))


def _parse(text: str, *, source: str) -> dict[str, Any]:
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as failure:
        raise SettingsError((f"{source}: is not YAML{_describe_place(failure)}",)) from None
    if content is None:
        return {}
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise SettingsError((f"{source}: must hold keys and values",))
    return content


def _describe_place(failure: Exception) -> str:
    mark = getattr(failure, "problem_mark", None)
    return f" (line {mark.line + 1})" if mark else ""
