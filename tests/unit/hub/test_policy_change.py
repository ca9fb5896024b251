from __future__ import annotations

from typing import Any

import pytest

from roottrust.hub.policy_change import take_over_status
from tests.unit.hub.fakes import build_manifest


def test_our_status_is_known_before_its_echo_unless_more_has_changed() -> None:
    manifest = build_manifest()
    metadata = {**manifest["metadata"], "resourceVersion": "9"}
    taken = take_over_status(manifest, {"metadata": metadata}, {"state": "ACCEPTED"})
    assert taken == {**manifest, "metadata": metadata, "status": {"state": "ACCEPTED"}}
    edited = {**metadata, "annotations": {"a": "b"}}
    assert take_over_status(manifest, {"metadata": edited}, {}) is None
    assert take_over_status(manifest, {}, {}) is None


@pytest.mark.parametrize("metadata", [7, [], None, {}, {"name": "other", "namespace": "gloo-mesh"}])
def test_an_answer_that_is_none_is_not_taken_over(metadata: Any) -> None:
    assert take_over_status(build_manifest(), {"metadata": metadata}, {}) is None


@pytest.mark.parametrize("place", [{"name": "other"}, {"namespace": "other"}, {"name": None}])
def test_an_answer_on_another_object_is_not_taken_over(place: dict[str, Any]) -> None:
    manifest = build_manifest()
    metadata = {**manifest["metadata"], **place, "resourceVersion": "9"}
    assert take_over_status(manifest, {"metadata": metadata}, {}) is None
