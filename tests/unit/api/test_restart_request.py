from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from roottrust.api.mesh import MeshStatus
from roottrust.api.pod_bounce_directive import GROUPS_MAX
from roottrust.api.restart_request import PARTS_MAX, RestartRequest
from roottrust.api.text import LABELS_MAX

ISTIOD = {f"label-{number}": "a" for number in range(LABELS_MAX)}


def build_groups(count: int, **labels: str) -> list[dict[str, Any]]:
    return [{"namespace": f"ns-{number}", "labels": labels} for number in range(count)]


def build(**changes: Any) -> dict[str, Any]:
    return {"trustHash": "a" * 64, "part": 1, "podsToBounce": build_groups(1, a="b"), **changes}


def test_it_has_room_for_istiod_and_as_many_groups_as_a_directive_takes() -> None:
    groups = [{"namespace": "istio-system", "labels": ISTIOD}, *build_groups(GROUPS_MAX - 1, a="b")]
    found = RestartRequest.model_validate(build(podsToBounce=groups, part=PARTS_MAX))
    assert len(found.pods_to_bounce) == GROUPS_MAX


@pytest.mark.parametrize(
    "changes",
    [
        {"part": 0},
        {"part": PARTS_MAX + 1},
        {"podsToBounce": []},
        {"podsToBounce": 7},
        {"podsToBounce": build_groups(1)},
        {"podsToBounce": build_groups(GROUPS_MAX + 1, a="b")},
        {"podsToBounce": build_groups(GROUPS_MAX, a="b", c="d")},
        {"createdBefore": "9999-12-31T23:59:59-12:00"},
        {"createdBefore": "0001-01-01T00:00:00+12:00"},
    ],
)
def test_what_no_operator_asks_for_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MeshStatus.model_validate({"restartRequest": build(**changes)})
