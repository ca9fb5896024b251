"""Writes what the chart has of the models: `python -m roottrust.runtime.chart_files [--check]`.

Helm reads nothing outside of a chart: so charts/roottrust has copies of crds/, and of the schema of
the operator's configuration, which is the part `$defs` of values.schema.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from roottrust.api.crdgen import render_crds
from roottrust.api.generated import run
from roottrust.runtime.settings import OperatorSettings

CHART = "charts/roottrust"
SCHEMA = "values.schema.json"

# What the chart itself decides: by --roles, by the pod's namespace, by its ports and its replicas.
_DECIDED_BY_CHART = {
    "OperatorSettings": ("namespace", "roles", "http"),
    "LeaderElectionSettings": ("enabled",),
}
# Programs that make forms of schemas want a title; ours are the keys once more.
_LEFT_OUT = ("title", "format")


def render_files(schema: str) -> dict[str, str]:
    """Return the copies, and this schema of the values with the models' part as it is now."""
    copies = {f"files/crds/{name}": text for name, text in render_crds().items()}
    whole = {**json.loads(schema), "$defs": build_definitions()}
    return {**copies, SCHEMA: json.dumps(whole, indent=2, ensure_ascii=False) + "\n"}


def build_definitions() -> dict[str, Any]:
    """Return the schemas of the configuration's sections by the names of their models."""
    document = OperatorSettings.model_json_schema()
    sections: dict[str, Any] = document.pop("$defs")
    sections["OperatorSettings"] = document
    for name, keys in _DECIDED_BY_CHART.items():
        for key in keys:
            del sections[name]["properties"][key]
    del sections["HttpSettings"]
    return {name: _simplify(section) for name, section in sorted(sections.items())}


def _simplify(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without null, which Helm takes for absence, and without what Helm ignores."""
    if "anyOf" in schema:
        (only,) = (each for each in schema["anyOf"] if each.get("type") != "null")
        schema = {**only, **{key: schema[key] for key in schema if key != "anyOf"}}
    kept = {key: value for key, value in schema.items() if key not in _LEFT_OUT}
    if kept.get("default", "") is None:
        del kept["default"]
    for key in ("items", "additionalProperties"):
        if isinstance(kept.get(key), dict):
            kept[key] = _simplify(kept[key])
    if "properties" in kept:
        kept["properties"] = {name: _simplify(each) for name, each in kept["properties"].items()}
    return kept


if __name__ == "__main__":
    sys.exit(
        run(
            sys.argv[1:],
            files=render_files(Path(CHART, SCHEMA).read_text(encoding="utf-8")),
            program=__spec__.name,
            default=CHART,
        )
    )
