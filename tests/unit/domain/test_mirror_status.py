from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from roottrust.api.mesh import MeshStatus
from roottrust.domain.cluster_trouble import ClusterTrouble
from roottrust.domain.mirror_status import build_mirror_status, find_current
from roottrust.domain.reasons import Reason
from roottrust.kube.status import dump_status
from tests.unit.domain.certificates import NOW
from tests.unit.domain.mirrors import AWAY, build_condition
from tests.unit.domain.restart_requests import ask

LATER = NOW + timedelta(hours=1)


def build(
    *,
    trouble: ClusterTrouble | None = None,
    previous: MeshStatus | None = None,
    now: Any = NOW,
    **told: Any,
) -> MeshStatus:
    return build_mirror_status(
        MeshStatus.model_validate(told) if told else None,
        issuance=None,
        cluster="c2",
        trouble=trouble,
        previous=previous,
        now=now,
    )


def find(status: MeshStatus, type_: str) -> dict[str, Any]:
    (found,) = [each for each in status.conditions if each.type == type_]
    return found.model_dump(mode="json", by_alias=True, exclude_none=True)


def test_it_is_what_its_cluster_tells_and_current() -> None:
    ready = build_condition(observedGeneration=7)
    status = build(conditions=[ready], restartedFor=["a" * 64], observedGeneration=7)
    assert find(status, "Ready") == build_condition()
    assert status.restarted_for == ("a" * 64,)
    assert status.observed_generation is None
    current = find_current(status)
    assert current is not None
    assert (current.status, current.reason, current.last_transition_time) == (
        "True",
        "Mirrored",
        NOW,
    )


def test_it_names_the_stale_workloads_that_its_cluster_tells() -> None:
    stale = {"since": "2030-01-01T00:00:00Z", "total": 9, "first": ["shop/Deployment/cart"]}
    told = build(staleWorkloads=stale).stale_workloads
    assert told is not None
    assert (told.total, told.first) == (9, ("shop/Deployment/cart",))


def test_before_its_cluster_tells_anything_it_is_current_all_the_same() -> None:
    assert [each.type for each in build().conditions] == ["Current"]


def test_while_its_cluster_is_away_it_claims_nothing() -> None:
    told = {"conditions": [build_condition()], "message": "Fine.", "selfSigned": False}
    status = build(**told, trouble=AWAY, now=LATER)
    assert find(status, "Current") == build_condition(
        "Current",
        status="False",
        reason="ClusterUnreachable",
        message="It does not answer.",
        lastTransitionTime="2030-01-01T00:00:00Z",
    )
    assert find(status, "Ready")["status"] == "Unknown"
    assert status.message == "Cluster c2 (since 2030-01-01T00:00:00Z): It does not answer."
    assert status.self_signed is False


def test_since_when_it_is_away_outlives_the_hub() -> None:
    """A hub that has just started counts from its start."""
    before = build(trouble=AWAY, selfSigned=True)
    after = build(trouble=replace(AWAY, since=LATER), selfSigned=True, previous=before, now=LATER)
    assert after == before
    refused = ClusterTrouble(reason=Reason.INSECURE_CONNECTION, message="No.")
    assert find(build(trouble=refused, now=LATER), "Current")["lastTransitionTime"].startswith(
        "2030-01-01T01"
    )


def test_once_it_is_back_it_is_as_told_from_then_on() -> None:
    away = build(trouble=AWAY, conditions=[build_condition()])
    back = build(previous=away, now=LATER, conditions=[build_condition()])
    assert find(back, "Ready") == build_condition()
    assert find(back, "Current")["lastTransitionTime"] == "2030-01-01T01:00:00Z"
    assert back.message is None
    assert build(previous=back, now=LATER + timedelta(1), conditions=[build_condition()]) == back


def test_a_cluster_cannot_say_that_it_is_current_nor_judge_its_intermediates() -> None:
    many = [build_condition(f"T{number}") for number in range(15)]
    lie = build_condition("Current", reason="Lie")
    issuance = {"policy": "a/b", "rootFingerprint": "a" * 64, "intermediateGeneration": 1}
    status = build(conditions=[lie, *many], issuance=issuance)
    assert len(status.conditions) == 16
    assert find(status, "Current")["reason"] == "Mirrored"
    assert status.issuance is None
    assert build(restart_request=dump_status(ask())["restartRequest"]).restart_request is None
    away = build(conditions=[lie, *many], trouble=AWAY)
    assert len(away.conditions) == 16
    assert find(away, "Ready")["status"] == "Unknown"


def test_what_a_terminal_would_obey_is_taken_out() -> None:
    strange = "\033[31m\u202eevil\nline\x9b hvs.abcdefghijklmnopqrstuvwx"
    status = build(message=strange, conditions=[build_condition(reason="\a", message=strange)])
    assert status.message == "�[31m�evil line� [redacted]"
    assert find(status, "Ready")["message"] == status.message
    assert find(status, "Ready")["reason"] == "�"


def test_what_has_no_form_is_not_read() -> None:
    assert MeshStatus.find({"istiod": 7}) is None
    assert MeshStatus.find({}) is None
    too_long = build_condition(reason="Bearer 12345678 " * 4)
    told = MeshStatus.model_validate({"conditions": [too_long], "selfSigned": True})
    status = build(**told.model_dump(by_alias=True))
    assert [each.type for each in status.conditions] == ["Current"]


def test_it_has_the_evidence_of_a_rotation_that_its_cluster_tells() -> None:
    evidence = {
        "step": "g2-abc",
        "since": "2030-01-01T00:00:00Z",
        "total": 1,
        "first": ["shop/Deployment/cart"],
        "endsAt": "2030-01-02T00:00:01Z",
        "nodeProxies": 2,
        "restartsRequested": ["Workloads"],
    }
    told = build(rotation=evidence, multiRoot=False)
    assert told.multi_root is False
    assert told.rotation is not None
    assert told.rotation.model_dump(mode="json", by_alias=True, exclude_none=True) == evidence
