"""Each istiod, as its certificate proves it; what it really serves, `roottrust verify` asks it."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from roottrust.cli.doctor.facts import Facts
from roottrust.cli.doctor.finding import Check, Finding, found, passed
from roottrust.cli.status.report import InstanceReport, MeshReport
from roottrust.domain.health import Health
from roottrust.domain.istiod_patch_pod import AGENT
from roottrust.domain.moment import tell_end

_WHY = "workloads get their certificates from it, and others may not trust these"
_FIXES = {
    "NotBelieved": "roottrust verify {cluster}",
    "Expired": f"kubectl logs {{pod}} -c {AGENT} -n {{namespace}}",
    "NotLoaded": "kubectl delete pod {pod} -n {namespace}",
}
_LOGS = "kubectl logs {pod} --all-containers --tail=50 -n {namespace}"


def check_istiods(facts: Facts) -> Iterator[Finding]:
    """Judge each replica that somebody tells of."""
    for policy in facts.tree.policies:
        for mesh in policy.meshes:
            for each in mesh.instances or ():
                yield _judge(mesh, each, facts)


def _judge(mesh: MeshReport, instance: InstanceReport, facts: Facts) -> Finding:
    subject = f"istiod {mesh.cluster} {instance.pod}"
    end = tell_end(instance.not_after, now=facts.read_at) if instance.not_after else ""
    if instance.health is Health.GOOD:
        return passed(Check.ISTIODS, subject, f"serves its intermediate, which {end}")
    what = f"{instance.state}: {instance.message or 'it is not finished'}" + (
        f"; it {end}" if end else ""
    )
    fix = _FIXES.get(instance.state, _LOGS).format(
        cluster=quote(mesh.cluster), pod=quote(instance.pod), namespace=_find_namespace(mesh, facts)
    )
    return found(Check.ISTIODS, subject, instance.health, what, why=_WHY, fix=fix)


def _find_namespace(mesh: MeshReport, facts: Facts) -> str:
    """Return istiod's namespace: a Mesh is called DEPLOYMENT-NAMESPACE-CLUSTER."""
    return facts.istiod_namespaces.get((mesh.cluster, mesh.mesh), "istio-system")
