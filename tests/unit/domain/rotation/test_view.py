"""A mesh as a rotation sees it: what its cluster tells, and what certificates prove."""

from __future__ import annotations

from dataclasses import replace

from roottrust.api.mesh import IstiodReplicas
from roottrust.domain.issuance_plan import plan_issuance
from roottrust.domain.mesh_report import report_meshes
from roottrust.domain.rotation.evidence import MeshView
from roottrust.domain.rotation.view import view_mesh
from roottrust.domain.target import MeshTarget
from tests.unit.domain.agent_entries import LATER, SECOND, build_instance, build_mesh_status, dump
from tests.unit.domain.issuances import CLUSTER, KEY, OPTIONS, build_certificate, build_request
from tests.unit.domain.samples import MESH, build_target

OLD, NEW = build_instance(pod="istiod-0"), build_instance(SECOND, pod="istiod-1")


def view(mesh: MeshTarget = MESH, *, restarts_pods: bool = False) -> MeshView:
    entries = dump(OLD.model_copy(update={"started_with_roots": "0" * 64}), NEW)
    found = {**build_certificate(), "status": {"instances": entries}}
    status = build_mesh_status(istiod=IstiodReplicas(ready=2, total=2), multi_root=True)
    request = replace(
        build_request({KEY: found}, reports={KEY: status}),
        target=build_target(replace(CLUSTER, meshes=(mesh,))),
        options=replace(OPTIONS, restarts_pods=restarts_pods),
    )
    (report,) = report_meshes(request, plan_issuance(request), faults={}, now=LATER)
    return view_mesh(report, request)


def test_what_an_istiod_can_do_is_by_its_mesh() -> None:
    found = view(replace(MESH, version="1.29.4"))
    assert (found.version, found.replicas, found.restarts_pods) == ("1.29.4", 2, False)
    assert (found.namespace, found.deployment) == (MESH.namespace, MESH.deployment)
    assert found.ability.version == (1, 29, 4)
    assert view().ability.version is None
    assert view(restarts_pods=True).restarts_pods


def test_which_replicas_know_their_clients_by_roots_before_is_by_their_agents() -> None:
    assert view().stale_istiods == ("istiod-0",)
