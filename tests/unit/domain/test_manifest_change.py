from __future__ import annotations

import json
from typing import Any

import pytest

from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.domain.change import FieldChange
from roottrust.domain.manifest_change import (
    LAST_APPLIED,
    list_manifest_changes,
    merge_manifest,
)
from tests.unit.domain.samples import build_manifest_spec

Manifest = dict[str, Any]


def build(
    spec: Manifest | None = None, *, annotations: dict[str, str] | None = None, **metadata: Any
) -> Manifest:
    named = {"name": "mine", "namespace": "gloo-mesh", "annotations": annotations or {}, **metadata}
    return {"metadata": named, "spec": build_manifest_spec() if spec is None else spec}


def compare(before: Manifest | None, wanted: Manifest) -> tuple[FieldChange, ...]:
    after = merge_manifest(before, wanted)
    return list_manifest_changes(before, after, spec=RootTrustPolicySpec)


def test_the_same_object_has_no_changes() -> None:
    assert compare(build(), build()) == ()


def test_defaults_that_the_api_server_filled_in_are_no_change() -> None:
    filled = build_manifest_spec(rotation={"rootGeneration": 1}, management={"mode": "Manage"})
    assert compare(build(filled), build()) == ()


def test_a_changed_field_is_told_by_its_path() -> None:
    wanted = build(build_manifest_spec(management={"mode": "Observe"}))
    assert compare(build(), wanted) == (
        FieldChange(name="spec.management.mode", before=None, after="Observe"),
    )
    assert compare(wanted, build()) == (
        FieldChange(name="spec.management.mode", before="Observe", after=None),
    )


def test_items_of_lists_are_told_by_their_numbers() -> None:
    wanted = build_manifest_spec(applyToMeshes=[{"istio": {"namespace": "istio-system"}}])
    (change,) = compare(build(), build(wanted))
    assert change.name == "spec.applyToMeshes[0].istio.namespace"


def test_a_new_object_is_told_as_it_is_written() -> None:
    names = [each.name for each in compare(None, build(annotations={"team": "mesh"}))]
    assert names[0] == "metadata.annotations[team]"
    assert "spec.config.agentCa.vault.caPath" in names
    assert not any(name.startswith("spec.rotation") for name in names)


def test_a_specification_by_an_older_schema_is_compared_as_it_is_written() -> None:
    old = {**build_manifest_spec(), "gone": 1}
    names = {each.name: each for each in compare(build(old), build())}
    assert names["spec.gone"] == FieldChange(name="spec.gone", before=1, after=None)


def test_labels_and_annotations_of_others_stay() -> None:
    before = build(annotations={"others": "x"}, labels={"app": "mesh"})
    merged = merge_manifest(before, build(annotations={"team": "mesh"}))
    assert merged["metadata"]["annotations"] == {"others": "x", "team": "mesh"}
    assert merged["metadata"]["labels"] == {"app": "mesh"}


def test_an_annotation_that_was_applied_and_is_gone_from_the_file_goes() -> None:
    applied = json.dumps({"metadata": {"annotations": {"adopt": "true"}}})
    before = build(annotations={"adopt": "true", LAST_APPLIED: applied})
    assert compare(before, build()) == (
        FieldChange(name="metadata.annotations[adopt]", before="true", after=None),
    )


@pytest.mark.parametrize("record", ["{", "[]", '{"metadata": 1}', "{}"])
def test_a_broken_record_of_kubectl_counts_as_none(record: str) -> None:
    before = build(annotations={"adopt": "true", LAST_APPLIED: record})
    assert compare(before, build()) == ()
