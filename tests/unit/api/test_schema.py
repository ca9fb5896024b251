"""The schemas of the CRDs: structural, limited everywhere, and worth reading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from roottrust.api.crdgen import build_crd
from roottrust.api.kind import KINDS, ROOT_TRUST_POLICY, CustomKind
from roottrust.api.rule import VALIDATIONS

KNOWN_KEYS = {
    "additionalProperties",
    "default",
    "description",
    "enum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "properties",
    "required",
    "type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    VALIDATIONS,
}

Node = tuple[str, dict[str, Any]]


def get_version(kind: CustomKind) -> dict[str, Any]:
    (version,) = build_crd(kind)["spec"]["versions"]
    assert isinstance(version, dict)
    return version


def walk(path: str, schema: dict[str, Any]) -> Iterator[Node]:
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from walk(f"{path}.{name}", child)
    for key, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if key in schema:
            yield from walk(f"{path}{mark}", schema[key])


def list_nodes(kind: CustomKind) -> list[Node]:
    top = get_version(kind)["schema"]["openAPIV3Schema"]["properties"]
    return [node for part in ("spec", "status") for node in walk(part, top[part])]


def find_missing_limits(schema: dict[str, Any]) -> set[str]:
    match schema:
        case {"type": "string", "enum": _}:
            needed = set()
        case {"type": "string"}:
            needed = {"maxLength"}
        case {"type": "array"}:
            needed = {"maxItems", "items", "x-kubernetes-list-type"}
        case {"type": "object", "properties": _}:
            needed = set()
        case {"type": "object"}:
            needed = {"maxProperties", "additionalProperties"}
        case {"type": "integer"}:
            needed = {"minimum", "maximum", "format"}
        case {"type": "number"}:
            needed = {"minimum", "maximum"}
        case {"type": "boolean"}:
            needed = set()
        case _:
            needed = {"type"}
    return needed - set(schema)


ALL = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)


@ALL
def test_everything_has_a_maximum(kind: CustomKind) -> None:
    """CEL's cost budget needs them, and so do we: a cluster may be hostile."""
    nodes = list_nodes(kind)
    assert {path: missing for path, node in nodes if (missing := find_missing_limits(node))} == {}


@pytest.mark.parametrize(
    ("schema", "missing"),
    [
        ({"type": "string"}, {"maxLength"}),
        ({"type": "string", "format": "date-time"}, {"maxLength"}),
        ({"type": "array", "items": {}, "x-kubernetes-list-type": "set"}, {"maxItems"}),
        ({"type": "object", "maxProperties": 1}, {"additionalProperties"}),
        ({"type": "integer", "minimum": 1, "format": "int32"}, {"maximum"}),
        ({"x-kubernetes-preserve-unknown-fields": True}, {"type"}),
    ],
)
def test_a_missing_maximum_is_found(schema: dict[str, Any], missing: set[str]) -> None:
    assert find_missing_limits(schema) == missing


@ALL
def test_schema_is_structural(kind: CustomKind) -> None:
    assert {path: odd for path, node in list_nodes(kind) if (odd := set(node) - KNOWN_KEYS)} == {}


@ALL
def test_every_field_is_explained(kind: CustomKind) -> None:
    fields = [(path, node) for path, node in list_nodes(kind) if not path.endswith(("]", "}"))]
    assert [path for path, node in fields if not node.get("description", "").endswith(".")] == []


@ALL
def test_keys_of_lists_are_there(kind: CustomKind) -> None:
    """The API server wants the fields that entries are known by to be required."""
    for path, node in list_nodes(kind):
        if node.get("x-kubernetes-list-type") == "map":
            keys = set(node["x-kubernetes-list-map-keys"])
            assert keys, path
            assert keys <= set(node["items"]["required"]), path


@ALL
def test_status_has_no_defaults(kind: CustomKind) -> None:
    """They would be added to what was written and look like a change, again and again."""
    status = [path for path, node in list_nodes(kind) if path.startswith("status")]
    assert status
    assert [path for path, node in list_nodes(kind) if "default" in node and path in status] == []


def get_node(path: str) -> dict[str, Any]:
    return dict(list_nodes(ROOT_TRUST_POLICY))[path]


def test_defaults_of_parts_are_written_on_the_whole() -> None:
    """The API server judges a default by its rules before it fills in the parts' own."""
    assert get_node("spec.management")["default"] == {
        "mode": "Manage",
        "deletionPolicy": "Retain",
        "root": {"source": "Existing"},
        "workloadAuth": {"method": "kubernetes", "reviewer": "ClientToken"},
        "allowUnnamedIssuer": False,
    }


def test_key_type_has_no_default_that_would_contradict_a_size() -> None:
    assert "default" not in get_node("spec.config.intermediateCertOptions.keyType")
    assert get_node("spec.config.intermediateCertOptions")["default"] == {"ttlDays": 365}


def test_a_field_that_a_rule_asks_for_is_not_required_twice() -> None:
    """The schema's own `required` would be answered first, without the rule's sentence."""
    config = get_node("spec.config")
    assert "required" not in config
    assert {"reason": "FieldValueRequired", "fieldPath": ".agentCa"}.items() <= {
        **config[VALIDATIONS][0]
    }.items()


def test_an_entry_of_the_status_is_known_by_its_keys() -> None:
    keys = {
        path: node["x-kubernetes-list-map-keys"]
        for path, node in list_nodes(ROOT_TRUST_POLICY)
        if path.startswith("status") and node.get("x-kubernetes-list-type") == "map"
    }
    assert keys == {
        "status.conditions": ["type"],
        "status.meshes": ["cluster", "mesh"],
        "status.rotation.clusters": ["name"],
        "status.managedObjects": ["path"],
        "status.reviewerTokens": ["path"],
        "status.compromisedIntermediates": ["cluster"],
    }


def test_policies_are_listed_with_what_matters() -> None:
    columns = get_version(ROOT_TRUST_POLICY)["additionalPrinterColumns"]
    assert [column["name"] for column in columns] == [
        "Ready",
        "Meshes",
        "Root expiry",
        "Rotation",
        "Message",
        "Age",
    ]
    assert columns[3]["priority"] == 1, "between rotations it is empty"
    # kubectl shows the future as <invalid> where the type is date.
    assert columns[2]["type"] == "string"


@ALL
def test_status_is_a_subresource(kind: CustomKind) -> None:
    assert get_version(kind)["subresources"] == {"status": {}}


@ALL
def test_columns_show_fields_that_exist(kind: CustomKind) -> None:
    paths = {f".{path}" for path, _ in list_nodes(kind)}
    for column in kind.columns:
        plain = re.sub(r"\[\?.*?\]", "[]", column.path)
        assert plain in paths or plain.startswith(".metadata."), column.name


def test_names_are_those_that_users_have() -> None:
    assert [kind.name for kind in KINDS] == [
        "roottrustpolicies.admin.gloo.solo.io",
        "meshes.internal.gloo.solo.io",
        "issuedcertificates.internal.gloo.solo.io",
        "podbouncedirectives.internal.gloo.solo.io",
    ]
    assert {kind.version for kind in KINDS} == {"v2"}
    assert build_crd(ROOT_TRUST_POLICY)["spec"]["names"]["shortNames"] == ["rtp"]
