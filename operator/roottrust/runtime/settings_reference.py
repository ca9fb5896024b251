"""Writes docs/reference/configuration.md: `python -m roottrust.runtime.settings_reference`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from roottrust.api.generated import run
from roottrust.runtime.settings import OperatorSettings
from roottrust.runtime.settings_section import find_model

_INTRODUCTION = """\
<!-- Made by `python -m roottrust.runtime.settings_reference` from the models. -->

# The operator's configuration

A YAML file, named by `--config` or `$ROOTTRUST_CONFIG`. Each key can also be given in the
environment: in upper snake case after `ROOTTRUST_`, with `__` before nested keys, lists and maps as
YAML or JSON; for example `ROOTTRUST_HTTP__PORT=9090`. The environment wins over the file, the
command line over both. Unknown keys are refused.

```yaml
cluster:
  name: cluster1
vaultServers:
- address: https://vault.example:8200
  caFile: /etc/roottrust/vault-ca.crt
  login:
    kubernetes:
      mount: kubernetes
      role: roottrust-hub
```
"""


@dataclass(frozen=True, kw_only=True)
class _Key:
    path: str
    type: str
    default: str
    meaning: str


def render_page() -> str:
    """Return the page."""
    rows = (
        f"| `{key.path}` | {key.type} | {key.default} | {key.meaning} |"
        for key in _walk("", OperatorSettings)
    )
    table = ["| key | type | default | meaning |", "|---|---|---|---|", *rows]
    return "\n".join([_INTRODUCTION, *table]) + "\n"


def _walk(prefix: str, model: type[BaseModel]) -> Iterator[_Key]:
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        inner, is_list = find_model(field.annotation), get_origin(field.annotation) is tuple
        yield _Key(
            path=path,
            type=_describe_type(field.annotation),
            default=_describe_default(field),
            meaning=(field.description or "").replace("|", "\\|"),
        )
        if inner is not None:
            yield from _walk(f"{path}[]." if is_list else f"{path}.", inner)


def _describe_default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.default
    if default is None or field.default_factory is not None or default in ("", ()):
        return ""
    if isinstance(default, tuple):
        return ", ".join(f"`{value}`" for value in default)
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _describe_type(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is tuple:
        return f"list of {_describe_type(arguments[0])}"
    if origin is dict:
        return f"map of {_describe_type(arguments[1])}"
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in {Union, UnionType}:
        return _describe_type(next(each for each in arguments if each is not type(None)))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "object"
    names = {str: "string", Path: "path", bool: "boolean", int: "integer", float: "number"}
    return names.get(annotation) or _describe_type(arguments[0])


if __name__ == "__main__":
    sys.exit(
        run(
            sys.argv[1:],
            files={"configuration.md": render_page()},
            program=__spec__.name,
            default="docs/reference",
        )
    )
