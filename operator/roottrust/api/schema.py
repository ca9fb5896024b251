"""Turns the models into structural schemas, as CRDs want them."""

from __future__ import annotations

import copy
from typing import Any

from roottrust.api.model import ApiModel
from roottrust.api.rule import VALIDATIONS

INT32_MAX = 2**31 - 1

_ORDER = (
    "description",
    "type",
    "format",
    "enum",
    "default",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "maxProperties",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    VALIDATIONS,
    "required",
    "items",
    "additionalProperties",
    "properties",
)


def build_schema(model: type[ApiModel], *, with_defaults: bool) -> dict[str, Any]:
    """Return a model's structural schema: nothing but what the API server accepts."""
    document = model.model_json_schema(mode="validation")
    return _Inliner(document.get("$defs", {}), with_defaults=with_defaults).convert(document)


class _Inliner:
    def __init__(self, definitions: dict[str, Any], *, with_defaults: bool) -> None:
        self._definitions = definitions
        self._with_defaults = with_defaults

    def convert(self, node: dict[str, Any]) -> dict[str, Any]:
        whole = self._resolve(node)
        schema = {key: copy.deepcopy(whole[key]) for key in _ORDER if key in whole}
        if not schema.get("required", True):
            del schema["required"]
        if "items" in schema:
            schema["items"] = self.convert(schema["items"])
        if "properties" in schema:
            schema["properties"] = {
                name: self.convert(child) for name, child in schema["properties"].items()
            }
            schema.pop("additionalProperties", None)
        elif "additionalProperties" in schema:
            schema["additionalProperties"] = self.convert(schema["additionalProperties"])
        if schema.get("type") == "integer":
            is_small = schema.get("maximum", INT32_MAX + 1) <= INT32_MAX
            schema["format"] = "int32" if is_small else "int64"
        default = self._build_default(whole)
        schema.pop("default", None)
        if default is not None:
            schema["default"] = default
        return {key: schema[key] for key in _ORDER if key in schema}

    def _resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        """Follow references and drop null: absence is how Kubernetes writes it."""
        if "$ref" in node:
            target = self._definitions[node["$ref"].rpartition("/")[2]]
            return self._merge(self._resolve(target), node)
        if "anyOf" in node:
            (only,) = [choice for choice in node["anyOf"] if choice.get("type") != "null"]
            return self._merge(self._resolve(only), node)
        return node

    def _merge(self, inner: dict[str, Any], outer: dict[str, Any]) -> dict[str, Any]:
        rules = [*inner.get(VALIDATIONS, ()), *outer.get(VALIDATIONS, ())]
        merged = {**inner, **outer}
        return {**merged, VALIDATIONS: rules} if rules else merged

    def _build_default(self, whole: dict[str, Any]) -> Any:
        """Return the default with those of all parts: CEL judges it before they are filled in."""
        default = whole.get("default")
        if not self._with_defaults or whole.get("x-derived") or default in (None, [], {}):
            return None
        if not isinstance(default, dict):
            return default
        properties = {
            name: self._resolve(child) for name, child in whole.get("properties", {}).items()
        }
        parts = {
            name: self._build_default({**properties[name], "default": value})
            for name, value in default.items()
        }
        return {name: part for name, part in parts.items() if part is not None}
