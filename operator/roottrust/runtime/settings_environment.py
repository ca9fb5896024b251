"""ROOTTRUST_* variables as a source of settings.

pydantic-settings reads variables by field names but merges by aliases, so that it refuses nested
variables of a configuration in camelCase; this source finds the key of the configuration first.
"""

from __future__ import annotations

import os
import re
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from roottrust.runtime.settings_section import find_model

CONFIG_VARIABLE = "ROOTTRUST_CONFIG"

_NESTED = "__"

# A Service named `roottrust…` makes the kubelet set these in every pod of the namespace.
_SERVICE_LINK = re.compile(r"_SERVICE_(HOST|PORT\w*)$|(?<!_)_PORT(_\d+_\w+)?$")


class EnvironmentSource(PydanticBaseSettingsSource):
    """Variables such as ROOTTRUST_HTTP__PORT=9090; lists and maps are given as YAML or JSON."""

    def __init__(self, settings_cls: type[BaseSettings], *, prefix: str) -> None:
        super().__init__(settings_cls)
        self._prefix = prefix

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Answer the base class, which asks for single fields; `__call__` is what is used."""
        del field
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return what the environment sets, under the keys of the YAML file."""
        found: dict[str, Any] = {}
        for variable, text in sorted(os.environ.items()):
            if variable == CONFIG_VARIABLE or _SERVICE_LINK.search(variable):
                continue
            if variable.startswith(self._prefix):
                _put(found, self._find_keys(variable), text)
        return found

    def _find_keys(self, variable: str) -> list[str]:
        """Return the path of keys; an unknown one stays as it is, so that it is refused."""
        names = variable.removeprefix(self._prefix).lower().split(_NESTED)
        model: type[BaseModel] | None = self.settings_cls
        keys: list[str] = []
        for name in names:
            field = model.model_fields.get(name) if model else None
            keys.append((field.alias or name) if field else variable)
            if field is None:
                break
            model = find_model(field.annotation)
        return keys


def _put(target: dict[str, Any], keys: list[str], text: str) -> None:
    *parents, last = keys
    for key in parents:
        inner = target.setdefault(key, {})
        if not isinstance(inner, dict):
            return  # the variable of the whole section was given as well, and is refused by type
        target = inner
    target[last] = _parse(text)


def _parse(text: str) -> Any:
    """Return a list or a map as such; anything else is text, which pydantic converts."""
    if not text.lstrip().startswith(("[", "{")):
        return text
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text
