"""Whether each istiod was given an intermediate under the pinned root, as its agent reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from roottrust.api.issued_certificate import Instance, IssuedCertificateSpec
from roottrust.domain.certificate import Certificate
from roottrust.domain.chain_check import find_chain_fault
from roottrust.domain.moment import show_time
from roottrust.domain.redaction import build_one_line
from roottrust.domain.trust_bundle import fingerprint_text
from roottrust.domain.verification import (
    Check,
    Finding,
    Place,
    VerifiedMesh,
    read_roots,
    show_day,
)

_WAIT = "The agent mends that by itself within a minute; if it does not, see"


def judge_agents(
    mesh: VerifiedMesh,
    spec: IssuedCertificateSpec,
    instances: tuple[Instance, ...],
    *,
    pods: tuple[str, ...] | None,
    now: datetime,
) -> tuple[Finding, ...]:
    """Judge what the agents report; `pods` are the replicas, None where they are not known."""
    reported = {each.pod: each for each in instances}
    names = tuple(sorted(reported)) if pods is None else pods
    if not names:
        return (_build_nobody(mesh),)
    gone = tuple(sorted(set(reported) - set(names)))
    found = tuple(_judge_pod(mesh, spec, name, reported.get(name), now=now) for name in names)
    return found if not gone else (*found[:-1], _add_gone(found[-1], gone))


def _judge_pod(
    mesh: VerifiedMesh,
    spec: IssuedCertificateSpec,
    pod: str,
    instance: Instance | None,
    *,
    now: datetime,
) -> Finding:
    place = Place(check=Check.AGENT, subject=pod)
    log = f"`kubectl logs -n {mesh.namespace} {pod} -c istiod-agent`"
    if instance is None:
        return place.build_different(
            "reports nothing",
            f"The agent of {pod} has not reported to the IssuedCertificate.",
            f"{_WAIT}: {log}; an istiod without an agent needs one (`roottrust istiod-patch`).",
        )
    chain = read_roots(instance.chain or "")
    told = "reports no certificate" if isinstance(chain, str) else _tell(chain[0])
    fault = next(_list_faults(mesh, spec, instance, chain, now=now), None)
    if fault is not None:
        return place.build_different(told, f"{fault}.", f"{_WAIT}: {log}.")
    if instance.error:
        message = f"Its last try failed: {build_one_line(instance.error)}"
        return place.build_different(told, message, f"Mend what it names, and read {log}.")
    facts = {
        "fingerprint": instance.fingerprint,
        "notAfter": instance.not_after.isoformat() if instance.not_after else None,
        "nextRenewal": instance.next_renewal.isoformat() if instance.next_renewal else None,
    }
    return place.build_ok(told, facts=facts, warnings=_warn_of_renewal(instance, now=now))


def _list_faults(
    mesh: VerifiedMesh,
    spec: IssuedCertificateSpec,
    instance: Instance,
    chain: tuple[Certificate, ...] | str,
    *,
    now: datetime,
) -> Iterator[str]:
    """Yield what is wrong, as clauses; the gravest first."""
    if isinstance(chain, str):
        error = f": {build_one_line(instance.error).rstrip('.')}" if instance.error else ""
        yield f"istiod has no intermediate that its agent reports{error}"
        return
    intermediate = chain[0]
    fault = find_chain_fault(chain, mesh.pinned.roots, now=now)
    if fault is not None:
        yield f"The intermediate is not trusted under the pinned root: {fault}"
    if not intermediate.is_ca:
        yield "istiod was given a certificate that is no CA's, so it cannot sign"
    if instance.fingerprint != intermediate.fingerprint:
        yield "The fingerprint that the agent reports is not that of its chain"
    if instance.not_after is None or instance.not_after != intermediate.not_after:
        yield "The end that the agent reports is not that of its chain"
    if instance.trust_bundle_fingerprint != fingerprint_text(spec.trust_bundle):
        yield "istiod was given another root-cert.pem than the pinned one"
    if (instance.intermediate_generation or 0) < spec.intermediate_generation:
        yield (
            f"The intermediate is of generation {instance.intermediate_generation or 0}, and "
            f"{spec.intermediate_generation} is asked for"
        )
    if not instance.loaded_by_istiod:
        yield "istiod was not seen to serve what its agent gave it"


def _warn_of_renewal(instance: Instance, *, now: datetime) -> tuple[str, ...]:
    if instance.next_renewal is None or now <= instance.next_renewal:
        return ()
    moment = show_time(instance.next_renewal)
    return (f"Its renewal is overdue since {moment}: see whether Vault can be reached.",)


def _build_nobody(mesh: VerifiedMesh) -> Finding:
    deployment = f"{mesh.namespace}/{mesh.deployment}"
    return Place(check=Check.AGENT, subject=mesh.deployment).build_different(
        "no replicas",
        f"The Deployment {deployment} has no pods, so nobody signs.",
        f"See `kubectl describe deployment -n {mesh.namespace} {mesh.deployment}`.",
    )


def _add_gone(finding: Finding, gone: tuple[str, ...]) -> Finding:
    warning = f"{', '.join(gone)} reported before and is gone: the operator removes such entries."
    return replace(finding, warnings=(*finding.warnings, warning))


def _tell(intermediate: Certificate) -> str:
    return f"intermediate {intermediate.fingerprint[:16]}…, {show_day(intermediate)}"
