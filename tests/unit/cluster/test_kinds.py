from __future__ import annotations

from roottrust.cluster.kinds import find_fingerprint, keep_fingerprint, keep_life
from roottrust.domain.trust_bundle import fingerprint_text
from tests.unit.cluster.fakes import build_object, build_roots


def test_of_published_roots_the_text_is_not_kept() -> None:
    kept = keep_fingerprint(build_roots("a", "PEM"))
    assert find_fingerprint(kept) == fingerprint_text("PEM")
    assert kept["metadata"] == {
        "namespace": "a",
        "name": "istio-ca-root-cert",
        "resourceVersion": "1",
    }
    assert "PEM" not in str(kept)


def test_without_a_text_there_is_no_fingerprint() -> None:
    assert find_fingerprint(keep_fingerprint(build_roots("a", ""))) is None
    assert find_fingerprint(None) is None


def test_of_other_objects_is_kept_that_they_are_there() -> None:
    found = build_object(
        "a", metadata={"labels": {"b": "c"}, "annotations": {"d": "e"}}, spec={"f": "g"}
    )
    assert keep_life(found) == {"metadata": {"name": "a", "labels": {"b": "c"}}}
