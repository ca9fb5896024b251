"""Whether the chain that an istiod serves at port 15012 leads up to the pinned root."""

from __future__ import annotations

from datetime import datetime

from roottrust.domain.certificate import Certificate
from roottrust.domain.chain_check import find_chain_fault
from roottrust.domain.errors import RootTrustError
from roottrust.domain.facts import Unread
from roottrust.domain.leaf import find_leaf_names
from roottrust.domain.mesh_config import DEFAULT_TRUST_DOMAIN
from roottrust.domain.redaction import build_one_line
from roottrust.domain.verification import (
    Check,
    Finding,
    Place,
    VerifiedMesh,
    describe_certificate,
    is_made_by_istiod,
    read_roots,
    show_day,
)

REACH_ISTIOD = (
    "Grant pods/portforward as deploy/verify/ does, say by --istiod-endpoint where it is reached "
    "from here, or leave this out by --skip {part}."
)
_SHOWN = 16


def judge_served_chain(
    mesh: VerifiedMesh,
    pod: str,
    observed: str | Unread,
    *,
    reported: str | None,
    now: datetime,
) -> Finding:
    """Judge the chain, leaf first, in PEM.

    `reported` is the fingerprint of the intermediate that the agent of the pod reports.
    """
    place = Place(check=Check.SERVED_CHAIN, subject=pod)
    if isinstance(observed, Unread):
        return place.build_unknown(observed.error, REACH_ISTIOD.format(part="served"))
    chain = read_roots(observed)
    if isinstance(chain, str):
        return place.build_different(
            "serves no certificates", f"What istiod serves cannot be read: {chain}.", _see(mesh)
        )
    return _judge(place, mesh, chain, reported=reported, now=now)


def judge_no_pods(check: Check, mesh: VerifiedMesh, error: RootTrustError | None) -> Finding:
    """Return what is known of a check that every replica is asked for where there is none."""
    place = Place(check=check, subject=mesh.deployment)
    if error is not None:
        return place.build_unknown(error, "Grant what deploy/verify/ grants in istiod's namespace.")
    return place.build_unknown(f"The Deployment {mesh.deployment} has no running pods to ask.")


def _judge(
    place: Place,
    mesh: VerifiedMesh,
    chain: tuple[Certificate, ...],
    *,
    reported: str | None,
    now: datetime,
) -> Finding:
    issuer = chain[1] if len(chain) > 1 else None
    told = f"under {describe_certificate(issuer)}" if issuer else describe_certificate(chain[0])
    fault = find_chain_fault(chain, mesh.pinned.roots, now=now)
    if fault is not None and _is_self_signed(chain[-1], mesh.trust_domain):
        return place.build_different(
            f"self-signed, under {build_one_line(chain[-1].issuer)}",
            "istiod serves under a root that it made itself: it started without its CA files.",
            "Put the agent beside it (`roottrust istiod-patch`), restart it, and delete the Secret "
            "istio-ca-secret.",
        )
    if fault is not None:
        return place.build_different(
            told,
            f"The chain that istiod serves is not trusted under the pinned root: {fault}.",
            _see(mesh),
        )
    if mesh.host not in find_leaf_names(chain[0]).dns_names:
        return place.build_different(
            told,
            f"The certificate that istiod serves is not for {mesh.host}.",
            "See whether the right pod was asked, and istiod's --namespace.",
        )
    facts = {"notAfter": chain[0].not_after.isoformat(), "intermediate": None}
    if issuer is not None and issuer.is_ca:
        facts["intermediate"] = issuer.fingerprint
    if reported is not None and facts["intermediate"] not in {None, reported}:
        return place.build_different(
            told,
            f"istiod serves another intermediate than its agent reports ({reported[:_SHOWN]}…).",
            "A moment after a renewal that passes: verify again, and else restart istiod.",
            facts=facts,
        )
    return place.build_ok(f"{told}, {show_day(chain[0])}", facts=facts)


def _is_self_signed(end: Certificate, trust_domain: str | None) -> bool:
    """Tell whether istiod made its root itself: it serves the leaf alone, which names it."""
    if end.is_self_signed:
        return is_made_by_istiod(end, trust_domain)
    return end.issuer == f"O={trust_domain or DEFAULT_TRUST_DOMAIN}"


def _see(mesh: VerifiedMesh) -> str:
    return (
        f"See the logs of both containers (`kubectl logs -n {mesh.namespace} "
        f"deploy/{mesh.deployment} --all-containers`): istiod tells why it did not load its CA."
    )
