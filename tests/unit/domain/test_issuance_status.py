from __future__ import annotations

from datetime import timedelta
from typing import Any

from roottrust.api.issued_certificate import IssuedCertificateStatus
from roottrust.domain.instance_check import check_instances
from roottrust.domain.issuance_status import build_certificate_status
from roottrust.domain.mesh_issuance import MeshIssuance
from tests.unit.domain.agent_entries import LATER, PINNED, build_instance, dump
from tests.unit.domain.issuances import build_certificate
from tests.unit.domain.samples import MESH

ENTRY = build_instance()


def build(found: dict[str, Any], *entries: Any, hours: int = 0) -> dict[str, Any] | None:
    now = LATER + timedelta(hours=hours)
    checked = check_instances(entries, PINNED, now=now)
    issuance = MeshIssuance(mesh=MESH, instances=checked, replicas=1)
    return build_certificate_status(found, issuance, now=now)


def test_one_word_one_sentence_and_a_condition_are_told() -> None:
    status = build(build_certificate())
    assert status is not None
    assert (status["state"], status["observedGeneration"]) == ("PENDING", 1)
    assert "has no agent yet" in status["message"]
    (condition,) = status["conditions"]
    assert (condition["type"], condition["reason"]) == ("Ready", "WaitingForAgent")
    assert condition["message"] == status["message"]


def test_the_entries_are_left_to_the_agents() -> None:
    found = {**build_certificate(), "status": {"instances": dump(ENTRY)}}
    status = build(found, ENTRY)
    assert status is not None
    assert "instances" not in status
    assert status["state"] == "FINISHED"


def test_what_is_told_already_is_not_told_again() -> None:
    found = build_certificate()
    status = build(found)
    assert build({**found, "status": status}, hours=1) is None
    raised = {**found["metadata"], "generation": 2}
    assert build({**found, "metadata": raised, "status": status}) is not None


def test_times_move_only_with_the_status() -> None:
    found = build_certificate()
    first = build(found)
    assert first is not None
    told = {**found, "status": {**first, "message": "by hand"}}
    again = build(told, hours=1)
    assert again is not None
    assert again["conditions"] == first["conditions"]
    turned = build(told, ENTRY, hours=1)
    assert turned is not None
    (condition,) = IssuedCertificateStatus.model_validate(turned).conditions
    assert condition.last_transition_time == LATER + timedelta(hours=1)


def test_a_status_that_somebody_broke_is_written_anew() -> None:
    broken = {**build_certificate(), "status": {"conditions": "x"}}
    assert build(broken) is not None
