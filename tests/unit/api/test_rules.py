"""The models refuse what the API server refuses, with the same words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from roottrust.api.issued_certificate import IssuedCertificateSpec
from roottrust.api.kind import KINDS
from roottrust.api.management import Root
from roottrust.api.mesh import MeshSpec
from roottrust.api.model import ApiModel
from roottrust.api.problem import describe_problems
from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.api.rule import full_match, no_match
from tests.integration.manifests.table import Case, change, read_base, read_cases


def parse(manifest: dict[str, Any]) -> ApiModel:
    model = next(kind.spec for kind in KINDS if kind.kind == manifest["kind"])
    return model.model_validate(manifest["spec"])


def explain(manifest: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as refusal:
        parse(manifest)
    return describe_problems(refusal.value)


@pytest.mark.parametrize("case", read_cases("good.yaml"), ids=str)
def test_good_manifest_is_read(case: Case) -> None:
    written = parse(case.manifest)
    dumped = written.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert type(written).model_validate(dumped) == written


@pytest.mark.parametrize(
    "case",
    [case for case in read_cases("bad.yaml") if case.model_message is not None],
    ids=str,
)
def test_bad_manifest_is_refused(case: Case) -> None:
    assert case.model_message in explain(case.manifest)


def test_all_missing_and_refused_fields_are_named_at_once() -> None:
    said = explain(change(read_base("guide"), {"spec.config": {"mgmtServerCa": {}}}))
    assert "agentCa is missing" in said
    assert "mgmtServerCa is not supported" in said


def test_fields_by_their_python_names_keep_the_same_rules() -> None:
    with pytest.raises(ValidationError, match="secretRef goes with source Import"):
        Root(source="Import")  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="go with source Generate only"):
        Root(ttl_days=7)


def test_problems_name_the_field_and_never_the_value() -> None:
    path = "spec.config.agentCa.vault.caBundle"
    said = explain(change(read_base("guide"), {path: "-----BEGIN PRIVATE KEY-----\nMIIsecret"}))
    assert said.startswith(f"{path}: holds a private key")
    assert "MIIsecret" not in said


def test_problems_are_counted_where_there_are_many() -> None:
    dependants = [{"name": "Bad"}] * 7
    said = explain(change(read_base("guide"), {"spec.rotation.externalDependants": dependants}))
    assert said.startswith("spec.rotation.externalDependants[0].name: must be a DNS label")
    assert said.endswith("; and 2 more")


def test_fields_of_a_younger_program_are_no_problem() -> None:
    """An agent outlives upgrades of the hub, whose objects it must go on reading."""
    certificate = change(read_base("certificate"), {"spec.agentCa.vault.youngerField": 1})
    assert IssuedCertificateSpec.model_validate(certificate["spec"]) == parse(
        read_base("certificate")
    )


def test_fields_of_a_person_are_never_ignored() -> None:
    policy = change(read_base("guide"), {"spec.rotation.rootGenerations": 2})
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        RootTrustPolicySpec.model_validate(policy["spec"])


@pytest.mark.parametrize("name", ["a\n", "a\u0661", "é", "-a", "a-", "a.b", "a" * 64])
def test_names_from_other_clusters_are_dns_labels(name: str) -> None:
    mesh = {"istio": {"installation": {"namespace": "istio-system", "cluster": name}}}
    with pytest.raises(ValidationError):
        MeshSpec.model_validate(mesh)


@given(st.text(max_size=20))
def test_a_whole_match_leaves_nothing_over(text: str) -> None:
    """A trailing line break is where Python's `$` and the API server's differ."""
    rule = full_match("[a-z]+", "")
    assert rule.holds(text) == (text != "" and all("a" <= letter <= "z" for letter in text))


def test_rules_say_the_same_in_cel() -> None:
    assert full_match("a'b", "", without="${cluster}").cel == (
        """self.replace(r'${cluster}', 'x').matches(r"^(?:a'b)$")"""
    )
    assert no_match("[*]", "").cel == "!self.matches(r'[*]')"


def test_text_that_cel_cannot_hold_is_no_rule() -> None:
    with pytest.raises(ValueError, match="both kinds of quotes"):
        no_match("""['"]""", "")
