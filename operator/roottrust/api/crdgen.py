"""Writes the CustomResourceDefinitions: `python -m roottrust.api.crdgen [--check] [DIR]`."""

from __future__ import annotations

import sys
from typing import Any

import yaml

from roottrust.api.generated import run
from roottrust.api.kind import CATEGORY, KINDS, CustomKind
from roottrust.api.schema import build_schema

_HEADER = "# Made by `python -m roottrust.api.crdgen` from operator/roottrust/api; do not edit.\n"


def build_crd(kind: CustomKind) -> dict[str, Any]:
    """Return the definition of one kind."""
    names = {
        "kind": kind.kind,
        "listKind": f"{kind.kind}List",
        "plural": kind.plural,
        "singular": kind.kind.lower(),
        "categories": [CATEGORY],
    }
    if kind.short_names:
        names["shortNames"] = list(kind.short_names)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": kind.name,
            "labels": {"app.kubernetes.io/part-of": "roottrust"},
        },
        "spec": {
            "group": kind.group,
            "names": names,
            "scope": "Namespaced",
            "versions": [_build_version(kind)],
        },
    }


def _build_version(kind: CustomKind) -> dict[str, Any]:
    return {
        "name": kind.version,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [_build_column(column) for column in kind.columns],
        "schema": {
            "openAPIV3Schema": {
                "description": kind.description,
                "type": "object",
                "required": ["spec"],
                "properties": {
                    "apiVersion": {"type": "string"},
                    "kind": {"type": "string"},
                    "metadata": {"type": "object"},
                    "spec": build_schema(kind.spec, with_defaults=True),
                    # Defaults here would differ from what was written, again at each write.
                    "status": build_schema(kind.status, with_defaults=False),
                },
            }
        },
    }


def _build_column(column: Any) -> dict[str, Any]:
    entry = {"name": column.name, "type": column.type, "jsonPath": column.path}
    return {**entry, "priority": column.priority} if column.priority else entry


class _Dumper(yaml.SafeDumper):
    """Writes lists indented and never by reference, as people write manifests."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write equal parts out each time."""
        del data
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002
        """Indent lists below their key."""
        del indentless
        super().increase_indent(flow, False)  # noqa: FBT003


def render_crds() -> dict[str, str]:
    """Return every file by its name."""
    return {
        f"{kind.group}_{kind.plural}.yaml": _HEADER
        + yaml.dump(build_crd(kind), Dumper=_Dumper, sort_keys=False, width=100, allow_unicode=True)
        for kind in KINDS
    }


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], files=render_crds(), program=__spec__.name, default="crds"))
