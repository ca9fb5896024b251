"""Each mesh: what its cluster reports, and whether a policy selects it."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from roottrust.api.mesh import MeshStatus
from roottrust.cli.doctor.facts import Facts, Manifest
from roottrust.cli.doctor.finding import Check, Finding, found, passed
from roottrust.cli.status.report import MeshReport
from roottrust.domain.health import Health, find_worst_health
from roottrust.domain.manifest import read_mapping

_APART = "its workloads trust nobody beyond their mesh, and nobody trusts them"
_STALE = "workloads that trust only the roots before refuse peers, or are refused"


def check_meshes(facts: Facts) -> Iterator[Finding]:
    """Judge the meshes that policies select, and those that none does."""
    selected: dict[tuple[str, str], MeshReport] = {}
    for policy in facts.tree.policies:
        for mesh in policy.meshes:
            key = (mesh.cluster, mesh.mesh)
            known = selected.get(key)
            if known is None or find_worst_health((known.health, mesh.health)) == mesh.health:
                selected[key] = mesh
    signed_by_itself: set[tuple[str, str]] = set()
    for manifest in facts.believed_meshes:
        key = _read_key(manifest)
        status = MeshStatus.find(manifest.get("status"))
        if status is not None and status.self_signed:
            signed_by_itself.add(key)
        elif key not in selected:
            yield _judge_unselected(key)
    for key in sorted(signed_by_itself):
        yield _judge_self_signed(key)
    for key, mesh in sorted(selected.items()):
        if key not in signed_by_itself:
            yield _judge(mesh)


def _judge(mesh: MeshReport) -> Finding:
    subject = f"mesh {mesh.cluster} {mesh.mesh}"
    stale = mesh.stale_workloads_total or 0
    if mesh.health is Health.GOOD:
        return passed(
            Check.MESHES, subject, f"{mesh.instances_ready} of {mesh.instances_total} istiods serve"
        )
    what = mesh.message or (
        f"{stale} workloads may trust only the roots before" if stale else "it is not finished"
    )
    fix = f"roottrust verify {quote(mesh.cluster)}"
    return found(Check.MESHES, subject, mesh.health, what, why=_STALE if stale else _APART, fix=fix)


def _judge_self_signed(key: tuple[str, str]) -> Finding:
    cluster, name = key
    what = "its istiod has signed a root of its own: it started without the CA of the agent"
    fix = "roottrust istiod-patch --help  # put the agent beside it, and restart istiod"
    return found(Check.MESHES, f"mesh {cluster} {name}", Health.BAD, what, why=_APART, fix=fix)


def _judge_unselected(key: tuple[str, str]) -> Finding:
    cluster, name = key
    what = "no policy selects it"
    fix = "roottrust plan  # tells what policies select"
    return found(Check.MESHES, f"mesh {cluster} {name}", Health.WARNING, what, why=_APART, fix=fix)


def _read_key(manifest: Manifest) -> tuple[str, str]:
    istio = read_mapping(read_mapping(manifest.get("spec")).get("istio"))
    place = read_mapping(istio.get("installation"))
    return str(place.get("cluster") or ""), str(manifest["metadata"]["name"])
