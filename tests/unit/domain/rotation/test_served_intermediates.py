"""What is proven of what istiods serve: all of it or nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from roottrust.api.issued_certificate import Instance
from roottrust.api.rotation import Rotation
from roottrust.domain.issuance_plan import IssuanceRequest, plan_issuance
from roottrust.domain.mesh_report import MeshReport, report_meshes
from roottrust.domain.rotation.served_intermediates import (
    MountPlace,
    ServedCluster,
    ServedMesh,
    names_mount,
    view_other,
    view_own,
)
from tests.unit.domain.agent_entries import LATER, build_instance, build_mesh_status, dump
from tests.unit.domain.issuances import KEY, OPTIONS, build_certificate, build_request
from tests.unit.domain.rotation.served import issue, serve
from tests.unit.domain.samples import ADDRESS, MESH, OTHER_POLICY, ROOT

NEW, SECOND = issue(1), issue(2)
OTHER = OTHER_POLICY.render()
POLICY = "gloo-mesh/guide"
PLACE = MountPlace(server=ADDRESS, namespace=None, mount="pki")


def build_entry(**changes: Any) -> Instance:
    return build_instance(**{"certificate": NEW, "intermediate_generation": 2, **changes})


def build_found(*entries: Instance, mark: str = "", **spec: Any) -> dict[str, Any]:
    asked = {"intermediateGeneration": 2, **spec}
    found = build_certificate(mark, **asked) if mark else build_certificate(**asked)
    return {**found, "status": {"instances": dump(*entries)}}


def view(*entries: Instance, replicas: int | None = 1, **changes: Any) -> ServedMesh:
    """Return what is proven of the policy's own mesh, which has to serve generation 2."""
    found = build_found(*entries, **changes)
    report = report_one(build_request_for(found, replicas))
    return view_own(report, found, policy=POLICY, generation=2)


def build_request_for(found: dict[str, Any], replicas: int | None) -> IssuanceRequest:
    istiod = None if replicas is None else {"ready": replicas, "total": replicas}
    return build_request(
        {KEY: found},
        options=replace(OPTIONS, rotation=Rotation(intermediate_generation=2)),
        reports={KEY: build_mesh_status(istiod=istiod)},
    )


def report_one(request: IssuanceRequest) -> MeshReport:
    (report,) = report_meshes(request, plan_issuance(request), faults={}, now=LATER)
    return report


def test_a_mesh_of_which_each_istiod_serves_the_generation_is_proven() -> None:
    found = view(build_entry())
    assert found == ServedMesh(mesh=MESH.name, policy=POLICY, certificates=(NEW,))
    two = view(build_entry(), build_entry(pod="istiod-2", certificate=SECOND), replicas=2)
    assert (two.certificates, two.wait) == ((NEW, SECOND), None)


@pytest.mark.parametrize(
    ("entries", "replicas", "words"),
    [
        ((), 1, "has no agent yet"),
        ((build_entry(intermediate_generation=1),), 1, "an intermediate of generation 1"),
        ((build_entry(loaded_by_istiod=False),), 1, "istiod does not serve it"),
        ((build_entry(serial="1"),), 1, "is not believed"),
        ((build_entry(),), 2, "have no agent that reports"),
        ((build_entry(),), None, "Nobody tells how many replicas"),
        ((build_entry(), build_entry(pod="new", chain=None)), 1, "its rollout is waited for"),
        (
            (build_entry(), build_entry(pod="new", certificate=SECOND, loaded_by_istiod=False)),
            1,
            "its rollout is waited for",
        ),
        ((build_entry(), build_entry(pod="old", certificate=SECOND)), 1, "its rollout is waited"),
    ],
)
def test_what_is_missing_is_waited_for_by_name(
    entries: tuple[Instance, ...], replicas: int | None, words: str
) -> None:
    found = view(*entries, replicas=replicas)
    assert found.wait is not None
    assert words in found.wait


def test_an_object_that_is_not_raised_yet_proves_nothing() -> None:
    """As while Vault is away: then what is there is judged by what was asked for before."""
    found = build_found(build_entry(intermediate_generation=1), intermediateGeneration=1)
    request = build_request(
        {KEY: found},
        plan=None,
        reports={KEY: build_mesh_status()},
        known_roots=frozenset({ROOT.fingerprint}),
    )
    report = report_one(request)
    assert report.issued.is_true
    told = view_own(report, found, policy=POLICY, generation=2)
    assert told.wait == f"{MESH.name} is not asked for generation 2 yet."


def test_where_no_istiod_runs_nothing_is_in_use() -> None:
    found = view_other(build_found(mark=OTHER), replicas=0, now=LATER)
    assert (found.certificates, found.wait) == ((), None)


def test_a_mesh_of_another_policy_is_proven_by_what_it_is_asked_for() -> None:
    entry = build_entry(certificate=SECOND, intermediate_generation=7)
    found = build_found(entry, mark=OTHER, intermediateGeneration=7)
    told = view_other(found, replicas=1, now=LATER)
    assert told == ServedMesh(mesh=MESH.name, policy="team/other", certificates=(SECOND,))
    assert view_other(found, replicas=2, now=LATER).wait is not None
    assert view_other(found, replicas=None, now=LATER).wait is not None


@pytest.mark.parametrize("spec", [{"trustBundle": "nonsense"}, {"agentCa": "nonsense"}])
def test_what_cannot_be_read_is_waited_for(spec: dict[str, Any]) -> None:
    found = build_found(build_entry(), mark=OTHER, **spec)
    told = view_other(found, replicas=1, now=LATER)
    assert told.wait is not None
    assert "cannot be read" in told.wait


def test_only_what_the_mount_signs_counts() -> None:
    found = build_found()
    assert names_mount(found, PLACE)
    assert not names_mount(found, replace(PLACE, mount="pk"))
    assert not names_mount(found, replace(PLACE, namespace="team"))
    assert not names_mount(found, replace(PLACE, server="https://other.example:8200"))
    assert names_mount(build_found(agentCa="nonsense"), PLACE), "it may be"


def test_of_a_cluster_all_meshes_count() -> None:
    cluster = serve(NEW, SECOND, others=(issue(5),))
    assert cluster.wait is None
    assert cluster.in_use == {each.fingerprint for each in (NEW, SECOND, issue(5))}
    assert (cluster.own_begin, cluster.others_begin) == (SECOND.not_before, issue(5).not_before)
    waiting = ServedMesh(mesh="x", policy="y", wait="It is waited for.")
    assert replace(cluster, others=(waiting,)).wait == "It is waited for."
    assert ServedCluster().own_begin is None
