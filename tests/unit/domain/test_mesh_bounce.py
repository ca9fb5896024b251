from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from roottrust.domain.bounce_bounds import Directive, read_directive
from roottrust.domain.manifest import Manifest
from roottrust.domain.mesh_bounce import (
    PROXY_GROUPS_MAX,
    MeshRestart,
    ProxyGroup,
    RestartCause,
    build_bounce_name,
    build_request,
    find_groups,
    is_last,
    list_left,
)
from roottrust.domain.restart_directive import build_directive
from tests.unit.domain.bounces import HASH
from tests.unit.domain.observations import build_istiod

NAME = "istiod-istio-system-cluster1"
MESH = {
    "name": NAME,
    "cluster": "cluster1",
    "namespace": "istio-system",
    "deployment": "istiod",
}
ROOTS = MeshRestart(trust_hash=HASH, cause=RestartCause.ROOTS)
ISSUANCE = MeshRestart(trust_hash=HASH, cause=RestartCause.ISSUANCE)


def build_proxy(
    namespace: str, app: str, *, is_sidecar: bool = True, revision: str = "default"
) -> dict[str, Any]:
    labels = {"service.istio.io/canonical-name": app}
    if is_sidecar:
        labels["security.istio.io/tlsMode"] = "istio"
    annotations = {"istio.io/rev": revision}
    return {"metadata": {"namespace": namespace, "labels": labels, "annotations": annotations}}


def find(*pods: dict[str, Any]) -> list[tuple[str, str, str]]:
    groups = find_groups(build_istiod(), pods, namespaces=("bookinfo", "ingress"))
    return [(each.namespace, each.label, each.value) for each in groups]


def test_gateways_come_before_sidecars_which_are_one_group_a_namespace() -> None:
    found = find(
        build_proxy("bookinfo", "reviews"),
        build_proxy("bookinfo", "ratings"),
        build_proxy("ingress", "edge", is_sidecar=False),
    )
    assert found == [
        ("ingress", "service.istio.io/canonical-name", "edge"),
        ("bookinfo", "security.istio.io/tlsMode", "istio"),
    ]


def test_proxies_of_others_are_passed_over() -> None:
    assert find(build_proxy("elsewhere", "a"), build_proxy("bookinfo", "b", revision="other")) == []
    assert find({"metadata": {"namespace": "bookinfo"}}) == []


def build_groups(count: int) -> tuple[ProxyGroup, ...]:
    return tuple(
        ProxyGroup(is_sidecar=True, namespace=f"n-{number}", label="a", value="b")
        for number in range(count)
    )


def build_manifest(
    restart: MeshRestart, groups: tuple[ProxyGroup, ...], *, part: int = 1
) -> Manifest:
    """Return a part as the hub writes it."""
    asked = build_request(build_istiod(), groups, restart=restart, part=part, begins=part == 1)
    return build_directive(NAME, asked, mesh=MESH)


def build(restart: MeshRestart, groups: tuple[ProxyGroup, ...]) -> Directive:
    return read_directive(build_manifest(restart, groups))


def test_many_namespaces_take_several_directives() -> None:
    groups = build_groups(PROXY_GROUPS_MAX + 1)
    assert list_left(groups, ()) == groups
    first = build_manifest(ROOTS, groups)
    assert len(read_directive(first).spec.pods_to_bounce) == PROXY_GROUPS_MAX + 1
    left = list_left(groups, [first])
    second = build_manifest(ROOTS, left, part=2)
    (group,) = read_directive(second).spec.pods_to_bounce
    assert group.namespace == f"n-{PROXY_GROUPS_MAX}"
    assert list_left(groups, [first, second]) == ()
    assert not is_last(first, has_istiod=True)
    assert is_last(second, has_istiod=False)


@pytest.mark.parametrize("restart", [ROOTS, ISSUANCE])
def test_a_part_that_is_full_may_have_another_one_after_it(restart: MeshRestart) -> None:
    full, other = (
        build_manifest(restart, build_groups(number))
        for number in (PROXY_GROUPS_MAX, PROXY_GROUPS_MAX - 1)
    )
    assert not is_last(full, has_istiod=restart is ROOTS)
    assert is_last(other, has_istiod=restart is ROOTS)


def test_what_goes_meanwhile_leaves_nobody_out() -> None:
    groups = build_groups(PROXY_GROUPS_MAX + 2)
    first = build_manifest(ISSUANCE, groups)
    assert list_left(groups[5:], [first]) == groups[PROXY_GROUPS_MAX:]


def test_a_step_of_istiod_restarts_it_alone() -> None:
    restart = MeshRestart(trust_hash=HASH, cause=RestartCause.STEP_OF_ISTIOD)
    (group,) = build(restart, ()).spec.pods_to_bounce
    assert (group.labels, group.root_cert_sync) == ({"app": "istiod"}, None)


def test_a_step_of_workloads_restarts_what_is_older() -> None:
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    restart = MeshRestart(
        trust_hash=HASH, cause=RestartCause.STEP_OF_WORKLOADS, created_before=moment
    )
    directive = build(restart, build_groups(1))
    assert [each.namespace for each in directive.spec.pods_to_bounce] == ["n-0"]
    assert directive.spec.created_before == moment
    assert restart.concerns({"creationTimestamp": "2029-12-31T23:59:59Z"})
    assert not restart.concerns({"creationTimestamp": "2030-01-01T00:00:00Z"})
    assert restart.concerns({})


def test_istiod_goes_first_and_all_others_wait_for_the_roots() -> None:
    istiod = build_istiod(wanted=2)
    asked = build_request(istiod, build_groups(1), restart=ROOTS, part=1, begins=True, served=3)
    assert asked.intermediate_generation == 3
    first, group = asked.pods_to_bounce
    assert (first.labels, first.wait_for_replicas) == ({"app": "istiod"}, 1)
    assert first.root_cert_sync is None
    assert group.root_cert_sync is not None
    scaled_down = build_request(build_istiod(wanted=0), (), restart=ROOTS, part=1, begins=True)
    assert scaled_down.pods_to_bounce[0].wait_for_replicas == 0


def test_for_an_issuance_istiod_stays_and_nobody_waits_for_roots() -> None:
    asked = build_request(
        build_istiod(), build_groups(1), restart=ISSUANCE, part=1, begins=True, served=3
    )
    (group,) = asked.pods_to_bounce
    assert (group.namespace, group.root_cert_sync) == ("n-0", None)
    assert (asked.trust_hash, asked.intermediate_generation) == (HASH, None)


def test_a_long_name_of_a_mesh_leaves_room() -> None:
    name = build_bounce_name("a" * 229 + ".b" * 12, trust_hash=HASH, part=1)
    assert name == "a" * 229 + "-aaaaaaaaaaaa-1"
