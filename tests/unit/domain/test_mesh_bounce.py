from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from roottrust.api.pod_bounce_directive import PodBounceDirectiveSpec
from roottrust.domain.bounce_bounds import read_directive
from roottrust.domain.mesh_bounce import (
    GROUPS_MAX,
    MeshRestart,
    ProxyGroup,
    RestartCause,
    build_bounce,
    build_bounce_name,
    find_groups,
    list_left,
)
from roottrust.domain.mesh_plan import MeshPlace
from tests.unit.domain.bounces import HASH
from tests.unit.domain.observations import build_istiod

PLACE = MeshPlace(cluster="cluster1", home="gloo-mesh")
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


def test_many_namespaces_take_several_directives() -> None:
    groups = build_groups(GROUPS_MAX + 1)
    assert list_left(groups, ()) == groups
    first = build_bounce(build_istiod(), groups, place=PLACE, restart=ROOTS, part=1)
    assert len(read_directive(first).spec.pods_to_bounce) == GROUPS_MAX + 1
    left = list_left(groups, [first])
    second = build_bounce(build_istiod(), left, place=PLACE, restart=ROOTS, part=2)
    (group,) = PodBounceDirectiveSpec.model_validate(second["spec"]).pods_to_bounce
    assert group.namespace == f"n-{GROUPS_MAX}"
    assert list_left(groups, [first, second]) == ()


def test_what_goes_meanwhile_leaves_nobody_out() -> None:
    groups = build_groups(GROUPS_MAX + 2)
    first = build_bounce(build_istiod(), groups, place=PLACE, restart=ISSUANCE, part=1)
    assert list_left(groups[5:], [first]) == groups[GROUPS_MAX:]


def test_a_step_of_istiod_restarts_it_alone() -> None:
    restart = MeshRestart(trust_hash=HASH, cause=RestartCause.STEP_OF_ISTIOD)
    built = build_bounce(build_istiod(), (), place=PLACE, restart=restart, part=1)
    (group,) = read_directive(built).spec.pods_to_bounce
    assert (group.labels, group.root_cert_sync) == ({"app": "istiod"}, None)


def test_a_step_of_workloads_restarts_what_is_older() -> None:
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    restart = MeshRestart(
        trust_hash=HASH, cause=RestartCause.STEP_OF_WORKLOADS, created_before=moment
    )
    built = build_bounce(build_istiod(), build_groups(1), place=PLACE, restart=restart, part=1)
    directive = read_directive(built)
    assert [each.namespace for each in directive.spec.pods_to_bounce] == ["n-0"]
    assert directive.spec.created_before == moment
    assert restart.concerns({"creationTimestamp": "2029-12-31T23:59:59Z"})
    assert not restart.concerns({"creationTimestamp": "2030-01-01T00:00:00Z"})
    assert restart.concerns({})


def test_istiod_goes_first_and_all_others_wait_for_the_roots() -> None:
    built = build_bounce(
        build_istiod(wanted=2), build_groups(1), place=PLACE, restart=ROOTS, part=1
    )
    directive = read_directive(built)
    istiod, group = directive.spec.pods_to_bounce
    assert (istiod.labels, istiod.wait_for_replicas) == ({"app": "istiod"}, 1)
    assert istiod.root_cert_sync is None
    assert group.root_cert_sync is not None
    assert directive.trust_hash == HASH
    assert directive.spec.mesh_ref is not None
    assert directive.spec.mesh_ref.name == "istiod-istio-system-cluster1"
    assert built["metadata"]["name"] == "istiod-istio-system-cluster1-aaaaaaaaaaaa-1"
    scaled_down = build_bounce(build_istiod(wanted=0), (), place=PLACE, restart=ROOTS, part=1)
    assert scaled_down["spec"]["podsToBounce"][0]["waitForReplicas"] == 0


def test_for_an_issuance_istiod_stays_and_nobody_waits_for_roots() -> None:
    built = build_bounce(build_istiod(), build_groups(1), place=PLACE, restart=ISSUANCE, part=1)
    directive = read_directive(built)
    (group,) = directive.spec.pods_to_bounce
    assert (group.namespace, group.root_cert_sync) == ("n-0", None)
    assert directive.trust_hash == HASH


def test_a_long_name_of_a_mesh_leaves_room() -> None:
    name = build_bounce_name("a" * 229 + ".b" * 12, trust_hash=HASH, part=1)
    assert name == "a" * 229 + "-aaaaaaaaaaaa-1"
