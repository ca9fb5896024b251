from __future__ import annotations

from typing import Any

import pytest

from roottrust.domain.issuance_change import (
    list_certificate_changes,
    list_certificate_obstacles,
    list_directive_changes,
)
from roottrust.domain.issuance_plan import IssuancePlan, plan_issuance
from roottrust.domain.restart_directive import plan_directives
from tests.unit.domain.issuances import CLUSTER, KEY, build_certificate, build_request
from tests.unit.domain.restart_requests import (
    NAME,
    PINNED,
    RESTARTING,
    ask,
    build_restarting,
)
from tests.unit.domain.samples import OTHER_HUB, build_cluster, build_target


def plan(found: dict[str, Any] | None = None, **changes: Any) -> IssuancePlan:
    return plan_issuance(build_request({KEY: found} if found else {}, **changes))


def test_a_new_one_is_shown_whole() -> None:
    (change,) = list_certificate_changes(plan())
    assert (change.verb, change.kind, change.path) == ("create", "IssuedCertificate", str(KEY))
    assert change.cluster == CLUSTER.cluster
    fields = {each.name: each.after for each in change.fields}
    assert fields["spec.certOptions.ttlDays"] == 365
    assert fields["spec.agentCa.vault.kubernetesAuth.role"] == "gen-int-ca-istio-cluster1-mesh"
    assert str(fields["spec.trustBundle"]).startswith("-----BEGIN CERTIFICATE-----")


def test_of_one_that_is_there_only_what_differs_is_shown() -> None:
    found = build_certificate(intermediateGeneration=1, autoRestartPods=True)
    found["metadata"]["labels"]["team"] = "a"
    (change,) = list_certificate_changes(plan(found))
    (field,) = change.fields
    assert (change.verb, field.name, field.before) == ("update", "spec.autoRestartPods", True)


def test_one_that_goes_is_named() -> None:
    nothing = build_target(build_cluster())
    (change,) = list_certificate_changes(plan(build_certificate(), target=nothing))
    assert (change.verb, change.path, change.fields) == ("delete", str(KEY), ())


@pytest.mark.parametrize(
    ("mark", "owner", "note", "step"),
    [
        (
            OTHER_HUB.render(),
            OTHER_HUB.describe_owner(),
            None,
            "Select its mesh by one policy of one hub alone.",
        ),
        ("", None, "it carries no mark and differs", "Delete it, or annotate this policy"),
    ],
)
def test_one_of_others_is_an_obstacle_with_what_to_do(
    mark: str, owner: str | None, note: str | None, step: str
) -> None:
    (obstacle,) = list_certificate_obstacles(plan(build_certificate(mark, trustBundle="x")))
    assert (obstacle.path, obstacle.kind, obstacle.owner) == (str(KEY), "IssuedCertificate", owner)
    assert obstacle.note == note
    assert obstacle.next_step.startswith(step)
    assert obstacle.fields == ()


def test_a_directive_that_a_cluster_waits_for_is_shown_whole() -> None:
    request = build_request({KEY: build_restarting()}, options=RESTARTING, reports={KEY: ask()})
    (change,) = list_directive_changes(plan_directives(request, plan_issuance(request)))
    assert (change.verb, change.kind, change.path) == ("create", "PodBounceDirective", NAME)
    assert change.cluster == CLUSTER.cluster
    fields = {each.name: each.after for each in change.fields}
    assert fields["spec.trustHash"] == PINNED
