from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from roottrust.api.choices import RestartScope
from roottrust.api.mesh import MeshStatus
from roottrust.domain.bounce_bounds import read_directive
from roottrust.domain.issuance_plan import plan_issuance
from roottrust.domain.manifest import Manifest
from roottrust.domain.restart_directive import DirectiveAction, plan_directives
from roottrust.domain.restart_hash import build_issuance_hash, build_step_hash
from tests.unit.domain.agent_entries import build_mesh_status
from tests.unit.domain.issuances import KEY, OPTIONS, build_certificate, build_request
from tests.unit.domain.restart_requests import NAME, PINNED, RESTARTING, ask, build_restarting

ISSUANCE = build_issuance_hash(PINNED, 1)
STEP = build_step_hash("g2-abc", RestartScope.ISTIOD)


def plan(
    report: MeshStatus | None, found: Manifest | None = None, **changes: Any
) -> tuple[DirectiveAction, ...]:
    """Return what is written for a mesh that is as it should be but for this."""
    request = build_request(
        {KEY: build_restarting() if found is None else found},
        reports={KEY: report} if report else {},
        **{"options": RESTARTING, **changes},
    )
    return plan_directives(request, plan_issuance(request))


def test_what_a_cluster_asks_for_is_written_as_it_is() -> None:
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    (action,) = plan(ask(created_before=moment, intermediate_generation=4))
    assert (action.key, action.name) == (KEY, NAME)
    assert str(action) == f"create PodBounceDirective {NAME}"
    directive = read_directive(action.manifest)
    assert directive.trust_hash == PINNED
    assert directive.spec.created_before == moment
    assert directive.spec.mesh_ref is not None
    assert (directive.spec.mesh_ref.name, directive.spec.mesh_ref.cluster) == (KEY.name, "cluster1")
    (group,) = directive.spec.pods_to_bounce
    assert (group.namespace, group.labels) == ("bookinfo", {"app": "reviews"})
    assert set(action.manifest["spec"]) == {
        "meshRef",
        "trustHash",
        "createdBefore",
        "podsToBounce",
    }


def test_the_next_part_has_another_name() -> None:
    (action,) = plan(ask(part=2))
    assert action.name == f"{NAME.removesuffix('-1')}-2"


@pytest.mark.parametrize("report", [None, build_mesh_status()])
def test_nothing_is_written_that_no_cluster_asks_for(report: MeshStatus | None) -> None:
    assert plan(report) == ()


def test_nothing_is_written_where_auto_restart_pods_is_off() -> None:
    assert plan(ask(), build_certificate(), options=OPTIONS) == ()


@pytest.mark.parametrize(
    "trust_hash", ["b" * 64, ISSUANCE, build_step_hash("g2", RestartScope.ISTIOD)]
)
def test_a_change_that_is_not_the_hubs_own_restarts_nothing(trust_hash: str) -> None:
    assert plan(ask(trust_hash=trust_hash)) == ()


def test_a_new_intermediate_is_restarted_for_where_that_is_asked() -> None:
    found = build_restarting(restartOn="Issuance")
    options = replace(RESTARTING, restarts_on_issuance=True)
    (action,) = plan(ask(trust_hash=ISSUANCE), found, options=options)
    assert action.manifest["spec"]["trustHash"] == ISSUANCE


def test_of_a_change_that_is_not_in_its_cluster_yet_nothing_is_asked() -> None:
    assert plan(ask(), build_restarting(trustBundle="another")) == ()
    assert plan(ask(), plan=None) == ()


def test_the_mesh_of_another_policy_is_not_restarted() -> None:
    foreign = build_restarting(mark="")
    assert plan(ask(), {**foreign, "spec": {**foreign["spec"], "hosts": ["other"]}}) == ()
