"""The operator: its Deployment, its pods, and whether one of them leads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from roottrust.cli.doctor.facts import ConfigurationFacts, Facts, Manifest, Unseen, list_seen
from roottrust.cli.doctor.finding import Check, Finding, found, passed
from roottrust.cli.doctor.unseen import not_seen
from roottrust.domain.health import Health
from roottrust.domain.moment import tell_distance

_DEAD = "nobody renews, repairs or reports: what statuses say is of then"
_OTHER_VERSION = "what this one judges may be otherwise in that version"
_WAITING = frozenset({"ContainerCreating", "PodInitializing"})
_VERSION = re.compile(r":v?(\d+\.\d+\.\d+)(?:@|$)")


def check_operator(facts: Facts) -> Iterator[Finding]:
    """Judge the Deployment, the pods that do not run, and the Lease."""
    yield from _check_deployments(facts)
    yield from _check_pods(facts)
    yield from _check_lease(facts)


def is_leading(facts: Facts) -> bool:
    """Whether somebody renews the Lease."""
    operator = facts.tree.operator
    return operator is not None and operator.health is Health.GOOD


def _check_deployments(facts: Facts) -> Iterator[Finding]:
    subject = f"Deployment in {facts.home}"
    if isinstance(facts.deployments, Unseen):
        why = "whether an operator is installed is not known"
        yield not_seen(Check.OPERATOR, subject, facts.deployments, why=why)
    elif not facts.deployments and is_leading(facts):
        yield passed(Check.OPERATOR, subject, "there is none, and a hub leads from elsewhere")
    elif not facts.deployments:
        what = "there is none: the operator is not installed, or in another namespace"
        fix = "kubectl get deployments -A -l app.kubernetes.io/name=roottrust"
        yield found(Check.OPERATOR, subject, Health.BAD, what, why=_DEAD, fix=fix)
    else:
        for each in facts.deployments:
            yield from _judge_deployment(each, version=facts.version)


def _judge_deployment(deployment: Manifest, *, version: str) -> Iterator[Finding]:
    namespace, name = deployment["metadata"]["namespace"], deployment["metadata"]["name"]
    subject = f"Deployment {namespace}/{name}"
    wanted = int(deployment["spec"].get("replicas", 1))
    ready = int((deployment.get("status") or {}).get("availableReplicas") or 0)
    if wanted == 0:
        what, fix = (
            "it is scaled to 0",
            f"kubectl scale deployment {name} -n {namespace} --replicas=2",
        )
        yield found(Check.OPERATOR, subject, Health.BAD, what, why=_DEAD, fix=fix)
    elif ready == 0:
        what = f"none of {wanted} replicas is available"
        fix = f"kubectl describe pods -n {namespace} -l app.kubernetes.io/component=hub"
        yield found(Check.OPERATOR, subject, Health.BAD, what, why=_DEAD, fix=fix)
    elif ready < wanted:
        what = f"{ready} of {wanted} replicas are available"
        why = "if the one that works fails, nobody takes over"
        fix = f"kubectl get pods -n {namespace} -l app.kubernetes.io/component=hub"
        yield found(Check.OPERATOR, subject, Health.WARNING, what, why=why, fix=fix)
    else:
        yield passed(Check.OPERATOR, subject, f"{ready} of {wanted} replicas are available")
    image = str(deployment["spec"]["template"]["spec"]["containers"][0].get("image") or "")
    tag = _VERSION.search(image)
    if tag is not None and tag[1] != version:
        what = f"it runs {tag[1]}, and this is {version}"
        fix = f"pipx install roottrust=={tag[1]}"
        yield found(Check.OPERATOR, subject, Health.WARNING, what, why=_OTHER_VERSION, fix=fix)


def _check_pods(facts: Facts) -> Iterator[Finding]:
    if isinstance(facts.pods, Unseen):
        why = "why a replica does not run is not known"
        yield not_seen(Check.OPERATOR, f"pods in {facts.home}", facts.pods, why=why)
    for pod in list_seen(facts.pods):
        name = pod["metadata"]["name"]
        for container in (pod.get("status") or {}).get("containerStatuses") or ():
            waiting = ((container.get("state") or {}).get("waiting") or {}).get("reason")
            if waiting and waiting not in _WAITING:
                restarts = container.get("restartCount", 0)
                what = f"its container waits: {waiting}, after {restarts} restarts"
                flag = " --previous" if waiting == "CrashLoopBackOff" else ""
                fix = f"kubectl logs {name} -n {facts.home}{flag}"
                if "Image" in waiting:
                    fix = f"kubectl describe pod {name} -n {facts.home}"
                yield found(Check.OPERATOR, f"pod {name}", Health.BAD, what, why=_DEAD, fix=fix)


def _check_lease(facts: Facts) -> Iterator[Finding]:
    subject = f"Lease {facts.home}/roottrust-hub"
    fix = f"kubectl logs -n {facts.home} -l app.kubernetes.io/component=hub --tail=50"
    operator, elects = facts.tree.operator, _elects(facts)
    if isinstance(facts.lease, Unseen) and not facts.lease.is_absent:
        yield not_seen(Check.OPERATOR, subject, facts.lease, why="who leads is not known")
    elif operator is None and elects is not False:
        is_known = elects is not None
        what = "there is none: no hub has ever led" + ("" if is_known else ", or none is needed")
        health = Health.BAD if is_known else Health.UNKNOWN
        yield found(Check.OPERATOR, subject, health, what, why=_DEAD, fix=fix)
    elif operator is None:
        yield passed(Check.OPERATOR, subject, "there is none, as leaderElection is off")
    elif operator.leader is None:
        since = tell_distance(operator.renewed_at, now=facts.read_at)
        what = f"no hub leads, the last one did {since}"
        yield found(Check.OPERATOR, subject, Health.BAD, what, why=_DEAD, fix=fix)
    else:
        yield passed(Check.OPERATOR, subject, f"{operator.leader} leads")


def _elects(facts: Facts) -> bool | None:
    """Whether hubs choose one by the Lease, None where the configuration is not known."""
    known = facts.configuration
    if not isinstance(known, ConfigurationFacts):
        return None
    return known.settings.leader_election.enabled
