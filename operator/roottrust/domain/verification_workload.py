"""Whether istiod gives workloads certificates that are trusted under the pinned root.

A probe asks for one as pilot-agent does, by istio's CA service
(istio.io/api: security/v1alpha1/ca.proto).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from roottrust.domain.certificate import Certificate
from roottrust.domain.chain_check import find_chain_fault
from roottrust.domain.errors import RootTrustError
from roottrust.domain.facts import Unread
from roottrust.domain.leaf import find_leaf_names
from roottrust.domain.reasons import Reason
from roottrust.domain.subject_key import encode_key
from roottrust.domain.target import Account
from roottrust.domain.verification import (
    Check,
    Finding,
    Place,
    VerifiedMesh,
    describe_certificate,
    describe_roots,
    read_roots,
)

_MIN_PARTS = 2
# A workload would meet the same; anything else may be the probe's own trouble.
_MET_BY_ALL = frozenset({Reason.ISTIOD_UNTRUSTED, Reason.ISTIOD_REFUSED})
_NO_TRUST_DOMAIN = "Its Mesh cannot be read, so any trust domain was taken for the mesh's."
_LET_PROBE = (
    "Apply deploy/verify/, which has the account and the rights of the probe, name another account "
    "by --service-account, or leave this out by --skip workload."
)
_RESTART = "See istiod's log, and restart it if its agent's bundle is as it should be."


@dataclass(frozen=True, kw_only=True)
class WorkloadAnswer:
    """What istiod answered: certificates in PEM, leaf first, the last part all of its roots.

    `public_key` is that of the request, as DER (SubjectPublicKeyInfo).
    """

    parts: tuple[str, ...]
    public_key: bytes


def judge_workload_certificate(
    mesh: VerifiedMesh,
    pod: str,
    account: Account,
    observed: WorkloadAnswer | Unread,
    *,
    now: datetime,
) -> Finding:
    """Judge a certificate that was issued to the probe's account."""
    place = Place(check=Check.WORKLOAD_CERTIFICATE, subject=pod)
    if isinstance(observed, Unread):
        return _judge_refusal(place, observed.error)
    if len(observed.parts) < _MIN_PARTS:
        return place.build_different(
            "answers no chain", "istiod answered a request without a certificate.", _RESTART
        )
    chain, roots = read_roots("\n".join(observed.parts[:-1])), read_roots(observed.parts[-1])
    if isinstance(chain, str) or isinstance(roots, str):
        why = chain if isinstance(chain, str) else roots
        return place.build_different(
            "answers no chain", f"What istiod answered cannot be read: {why}.", _RESTART
        )
    names = find_leaf_names(chain[0]).uris
    told = " ".join(names) or describe_certificate(chain[0])
    fault = _find_fault(mesh, account, observed.public_key, chain, roots, now=now)
    facts = {
        "spiffeId": names[0] if names else None,
        "notAfter": chain[0].not_after.isoformat(),
    }
    if fault is not None:
        return place.build_different(told, f"{fault}.", _RESTART, facts=facts)
    warnings = (_NO_TRUST_DOMAIN,) if mesh.trust_domain is None else ()
    return place.build_ok(told, facts=facts, warnings=warnings)


def _judge_refusal(place: Place, error: RootTrustError) -> Finding:
    if error.reason in _MET_BY_ALL:
        return place.build_different("none issued", error.message, _RESTART)
    return place.build_unknown(error, _LET_PROBE)


def _find_fault(
    mesh: VerifiedMesh,
    account: Account,
    public_key: bytes,
    chain: tuple[Certificate, ...],
    roots: tuple[Certificate, ...],
    *,
    now: datetime,
) -> str | None:
    leaf = chain[0]
    fault = find_chain_fault(chain, mesh.pinned.roots, now=now)
    if fault is not None:
        return f"A workload's certificate is not trusted under the pinned root: {fault}"
    if encode_key(leaf) != public_key:
        return "istiod certified another key than the one that it was asked for"
    fault = _find_fault_of_identity(mesh, account, find_leaf_names(leaf).uris)
    if fault is not None:
        return fault
    if len(chain) > 1 and leaf.not_after > chain[1].not_after:
        return f"The workload's certificate outlives its intermediate {chain[1].subject!r}"
    if tuple(each.fingerprint for each in roots) != mesh.pinned.fingerprints:
        return f"istiod tells workloads to trust another root ({describe_roots(roots)})"
    return None


def _find_fault_of_identity(
    mesh: VerifiedMesh, account: Account, uris: tuple[str, ...]
) -> str | None:
    """Compare the SPIFFE id; without a Mesh any trust domain will do."""
    path = f"/ns/{account.namespace}/sa/{account.name}"
    shown = " ".join(uris) or "none"
    if len(uris) != 1 or not uris[0].startswith("spiffe://"):
        return f"The workload's certificate has no single SPIFFE id (it has {shown})"
    domain, _, rest = uris[0].removeprefix("spiffe://").partition("/")
    if f"/{rest}" != path or mesh.trust_domain not in {None, domain}:
        expected = f"spiffe://{mesh.trust_domain or domain}{path}"
        return f"The workload's certificate is for {shown}, and {expected} asked for it"
    return None
