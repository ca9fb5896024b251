"""The text of a plan, as a person reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click
import pytest

from roottrust.cli.plan.render import render_report
from roottrust.cli.plan.report import (
    ClusterReport,
    ConditionReport,
    ConflictReport,
    FieldReport,
    ObjectReport,
    PlanReport,
    PolicyReport,
    ProblemReport,
    Result,
    Summary,
)
from roottrust.cli.plan.value_text import MAX_LENGTH, render_value
from tests.unit.domain.certificates import build_pem

SERVER = "https://vault.example:8200"


def build_policy(**changes: Any) -> PolicyReport:
    given: dict[str, Any] = {
        "namespace": "gloo-mesh",
        "name": "cluster1",
        "server": SERVER,
        "mode": "Manage",
        "clusters": (ClusterReport(name="cluster1", meshes=("istiod-a",)),),
        **changes,
    }
    return PolicyReport(**given)


def render(*policies: PolicyReport, result: Result = Result.CHANGES, **counts: int) -> str:
    names = ("create", "update", "delete", "kubernetes", "conflicts", "hindered_policies")
    numbers = dict.fromkeys(names, 0)
    report = PlanReport(
        planned_at=datetime(2026, 1, 1, tzinfo=UTC),
        result=result,
        summary=Summary(policies=len(policies), **{**numbers, **counts}),
        policies=policies,
    )
    return render_report(report)


def read(*policies: PolicyReport, **changes: Any) -> list[str]:
    """Return the lines without colours."""
    return click.unstyle(render(*policies, **changes)).splitlines()


def test_creates_and_updates_are_grouped_below_their_policy() -> None:
    made = ObjectReport(
        action="create",
        kind="AuthMount",
        path="auth/kube",
        fields=(FieldReport(name="type", after="kubernetes"), FieldReport(name="x", after="")),
    )
    role = ObjectReport(
        action="update",
        kind="Role",
        path="auth/kube/role/r",
        fields=(FieldReport(name="token_ttl", before=600, after=300),),
    )
    policy = build_policy(
        vault=(made, role),
        warnings=("Plain HTTP.",),
        conditions=(ConditionReport(type="Ready", after="True (Ready)"),),
    )
    assert read(policy, create=1, update=1) == [
        "RootTrustPolicy gloo-mesh/cluster1",
        "  Vault: https://vault.example:8200",
        "  Cluster: cluster1 (istiod-a)",
        "",
        "  In Vault:",
        "  + create auth/kube (AuthMount)",
        "      type: kubernetes",
        "  ~ update auth/kube/role/r (Role)",
        "      token_ttl: 600 → 300",
        "",
        "  Warning: Plain HTTP.",
        "  Status: Ready unset → True (Ready)",
        "",
        "Plan: 1 to create, 1 to update, 0 to delete.",
    ]


def test_documents_are_compared_line_by_line() -> None:
    fields = (FieldReport(name="policy", before="a\nb\nc\n", after="a\nB\nc\n"),)
    change = ObjectReport(action="update", kind="Policy", path="p", fields=fields)
    lines = read(build_policy(vault=(change,)), update=1)
    start = lines.index("      policy:")
    assert lines[start + 1 : start + 6] == [
        "        @@ -1,3 +1,3 @@",
        "          a",
        "        - b",
        "        + B",
        "          c",
    ]


def test_a_new_document_is_shown_whole() -> None:
    fields = (FieldReport(name="policy", after="a\nb\n"),)
    change = ObjectReport(action="create", kind="Policy", path="p", fields=fields)
    lines = read(build_policy(vault=(change,)), create=1)
    start = lines.index("      policy:")
    assert lines[start + 1 : start + 3] == ["        + a", "        + b"]


def test_conflicts_and_problems_say_what_to_do() -> None:
    conflict = ConflictReport(
        path="auth/kube",
        kind="AuthMount",
        owner="RootTrustPolicy a/b of hub x",
        note="it has roles of others (ci)",
        next_step="Name another path.",
    )
    problem = ProblemReport(reason="RootNotFound", message="Import it.", cluster="cluster1")
    policy = build_policy(conflicts=(conflict,), problems=(problem,))
    lines = read(policy, result=Result.FAILED, conflicts=1, hindered_policies=1)
    assert lines[4:] == [
        "  In the way:",
        "  ! conflict auth/kube (AuthMount)",
        "      It belongs to RootTrustPolicy a/b of hub x.",
        "      Not roottrust's: it has roles of others (ci).",
        "      Name another path.",
        "",
        "  Problem of cluster1 (RootNotFound): Import it.",
        "",
        "Plan: 0 to create, 0 to update, 0 to delete; 1 conflict.",
        "1 policy cannot be done as it stands.",
    ]


def test_what_a_raised_generation_starts_is_a_change() -> None:
    lines = read(build_policy(rotation="The root in use is replaced."))
    place = lines.index("  Rotation of the root:")
    assert lines[place + 1] == "  ! The root in use is replaced."


def test_without_changes_one_line_is_all() -> None:
    policies = [build_policy(name=name) for name in ("a", "b", "c")]
    text = click.unstyle(render(*policies, result=Result.NO_CHANGES))
    assert text == "No changes. Vault is as 3 policies ask.\n"


def test_warnings_of_policies_without_changes_are_counted() -> None:
    lines = read(build_policy(warnings=("a", "b")), result=Result.NO_CHANGES)
    assert lines[0] == "2 warnings of policies without changes: -o json lists them."


def test_observe_and_files_are_told() -> None:
    change = ObjectReport(action="create", kind="RootTrustPolicy", path="gloo-mesh/cluster1")
    policy = build_policy(mode="Observe", kubernetes=(change,), vault_namespace="ops")
    lines = read(policy, kubernetes=1)
    assert "  Vault: https://vault.example:8200, namespace ops" in lines
    assert any(line.startswith("  Mode: Observe") for line in lines)
    assert "  + create gloo-mesh/cluster1 (RootTrustPolicy)" in lines
    assert "Kubernetes: 1 to create, 0 to update, 0 to delete." in lines


def test_old_values_are_red_and_new_ones_green() -> None:
    fields = (FieldReport(name="f", before="a", after="b"),)
    change = ObjectReport(action="delete", kind="Role", path="p", fields=fields)
    text = render(build_policy(vault=(change,)), delete=1)
    assert "\033[31m- delete\033[0m p (Role)" in text
    assert "f: \033[31ma\033[0m → \033[32mb\033[0m" in text


def test_a_terminal_obeys_nothing_that_others_wrote() -> None:
    evil = "\033]0;title\007\r\u202e"
    fields = (FieldReport(name=evil, before=evil, after=["x", evil]),)
    conflict = ConflictReport(path="p", owner=evil, note=evil, fields=fields, next_step=evil)
    text = click.unstyle(render(build_policy(conflicts=(conflict,)), result=Result.FAILED))
    assert all(each.isprintable() or each == "\n" for each in text)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "(not set)"),
        (True, "true"),
        (7, "7"),
        ("", '""'),
        ("plain", "plain"),
        ("a\nb", "a b"),
        (["a", 1], "[a, 1]"),
        ({"a": ["b"]}, "{a: [b]}"),
        ("x" * 500, "x" * (MAX_LENGTH - 1) + "…"),
        ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "(PEM of 3 lines)"),
    ],
)
def test_values_fit_on_a_line(value: Any, shown: str) -> None:
    assert render_value(value) == shown


def test_certificates_are_shown_by_subject_and_fingerprint() -> None:
    shown = render_value(build_pem())
    assert shown.startswith("(certificate CN=")
    assert "SHA-256 " in shown
