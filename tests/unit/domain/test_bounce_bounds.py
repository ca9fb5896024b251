from __future__ import annotations

from typing import Any

import pytest

from roottrust.domain.bounce_bounds import (
    Directive,
    check_bounds,
    check_cluster,
    check_reference,
    read_directive,
)
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.reasons import Reason
from tests.unit.domain.bounces import HASH, build_directive

MESH = {"name": "m", "cluster": "cluster1", "namespace": "istio-system", "deployment": "istiod"}


def build_group(namespace: str = "bookinfo", **content: Any) -> dict[str, Any]:
    return {"namespace": namespace, "labels": {"app": "a"}, **content}


def read(*groups: dict[str, Any], **content: Any) -> Directive:
    return read_directive(build_directive(*groups, **content))


def refuse(check: Any, directive: Directive, **content: Any) -> InvalidSpecError:
    with pytest.raises(InvalidSpecError) as caught:
        check(directive, **content)
    return caught.value


def test_a_namespace_may_restart_its_own_pods() -> None:
    check_bounds(read(build_group("bookinfo"), namespace="bookinfo"), is_privileged=False)


@pytest.mark.parametrize(
    "group",
    [
        build_group("other"),
        build_group(rootCertSync={"configMapRef": {"name": "x", "namespace": "other"}}),
    ],
)
def test_a_namespace_may_ask_nothing_of_another_one(group: dict[str, Any]) -> None:
    directive = read(build_group(), group, namespace="bookinfo")
    error = refuse(check_bounds, directive, is_privileged=False)
    assert error.reason is Reason.NOT_ALLOWED
    assert "Namespace bookinfo may restart its own pods alone, not those of other" in error.message
    check_bounds(directive, is_privileged=True)


def test_a_directive_for_another_cluster_is_refused() -> None:
    check_cluster(read(), cluster="cluster1")
    check_cluster(read(meshRef=MESH), cluster="cluster1")
    error = refuse(check_cluster, read(meshRef=MESH), cluster="cluster2")
    assert error.reason is Reason.OTHER_CLUSTER


def test_roots_are_compared_with_the_trust_hash_or_with_those_of_the_mesh() -> None:
    group = build_group(rootCertSync={})
    check_reference(read())
    check_reference(read(group, trustHash=HASH))
    check_reference(read(group, meshRef=MESH))
    assert "rootCertSync has nothing" in refuse(check_reference, read(group)).message


def test_without_a_trust_hash_the_directive_itself_is_what_is_restarted_for() -> None:
    assert read(trustHash=HASH).trust_hash == HASH
    first, second = read(name="a"), read(name="b")
    assert len(first.trust_hash) == 64
    assert first.trust_hash == read(name="a", generation=5).trust_hash != second.trust_hash


def test_younger_directives_come_later() -> None:
    older = read(name="b", created="2030-01-01T00:00:00Z")
    younger = read(name="a", created="2030-01-01T00:00:01Z")
    assert older.age_order < younger.age_order < read(name="b", created="2031").age_order


def test_what_the_schema_would_not_let_through_is_refused_by_its_fields() -> None:
    error = refuse(read_directive, build_directive(build_group(labels={})))  # type: ignore[arg-type]
    assert "podsToBounce.0.labels" in error.message
