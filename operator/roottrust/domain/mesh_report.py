"""What is told of each mesh of a policy: how far its intermediates and its trust bundle are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from roottrust.api.issued_certificate import Instance, IssuedCertificateSpec
from roottrust.api.mesh import NamespaceSync
from roottrust.domain.certificate import (
    Certificate,
    UnreadableCertificateError,
    parse_certificates,
)
from roottrust.domain.fault import Fault
from roottrust.domain.instance_check import Pinned, check_instances
from roottrust.domain.intermediate_renewal import RATIO_DEFAULT
from roottrust.domain.issuance import CertificateKey, build_key
from roottrust.domain.issuance_plan import (
    IssuancePlan,
    IssuanceRequest,
    Manifest,
    list_selected,
    read_owner,
)
from roottrust.domain.mesh_condition import MeshCondition, build_unknown
from roottrust.domain.mesh_issuance import MeshIssuance
from roottrust.domain.mesh_propagation import judge_propagation
from roottrust.domain.names import build_intermediate_common_name
from roottrust.domain.reasons import Reason
from roottrust.domain.target import ClusterTarget, MeshTarget
from roottrust.domain.trust_bundle import fingerprint_text

_BUNDLES_MAX = 64


@dataclass(frozen=True, kw_only=True)
class MeshReport:
    """One mesh; `issuance` is None while its IssuedCertificate cannot be relied on."""

    key: CertificateKey
    issued: MeshCondition
    propagated: MeshCondition
    issuance: MeshIssuance | None = None
    namespaces: NamespaceSync | None = None

    @property
    def is_ready(self) -> bool:
        """Whether its istiod signs under the policy's root, and everybody there trusts that."""
        return self.issued.is_true and self.propagated.is_true

    @property
    def worst(self) -> MeshCondition:
        """The condition that says most of it."""
        return min((self.issued, self.propagated), key=lambda each: each.rank)


def report_meshes(
    request: IssuanceRequest,
    plan: IssuancePlan,
    *,
    faults: Mapping[CertificateKey, Fault],
    now: datetime,
) -> tuple[MeshReport, ...]:
    """Return what is told of every selected mesh; `faults` are what their writes have met."""
    return tuple(
        _report(request, plan, cluster, mesh, fault=faults.get(build_key(cluster, mesh)), now=now)
        for cluster, mesh in list_selected(request.target)
    )


def _report(
    request: IssuanceRequest,
    plan: IssuancePlan,
    cluster: ClusterTarget,
    mesh: MeshTarget,
    *,
    fault: Fault | None,
    now: datetime,
) -> MeshReport:
    key = build_key(cluster, mesh)
    report = request.reports.get(key)
    manifest = plan.wanted.get(key) or _find_own(request, key)
    spec = _read_spec(manifest) if manifest else None
    roots = _read_roots(spec.trust_bundle) if spec else ()
    bundle = tuple(each.fingerprint for each in roots) or None
    propagated = judge_propagation(mesh, report, bundle=bundle)
    namespaces = report.namespaces if report else None
    if fault is not None:
        issued = MeshCondition(status=fault.status, reason=fault.reason, message=fault.message)
        return MeshReport(key=key, issued=issued, propagated=propagated, namespaces=namespaces)
    if spec is None or not roots:
        issued = build_unknown(
            Reason.WAITING_FOR_VAULT, f"Vault is not ready for {cluster.cluster} yet."
        )
        return MeshReport(key=key, issued=issued, propagated=propagated, namespaces=namespaces)
    pinned = _build_pinned(spec, roots[0], cluster=cluster)
    found = request.found.get(key) or {}
    issuance = MeshIssuance(
        mesh=mesh,
        instances=check_instances(_read_instances(found), pinned, now=now),
        replicas=report.istiod.total if report and report.istiod else None,
    )
    return MeshReport(
        key=key,
        issued=issuance.judge(),
        propagated=propagated,
        issuance=issuance,
        namespaces=namespaces,
    )


def _find_own(request: IssuanceRequest, key: CertificateKey) -> Manifest | None:
    """Return what was written before, while nothing can be planned: under the known root alone."""
    found = request.found.get(key)
    mark = read_owner(found) if found else None
    if found is None or mark is None or not request.claimant.owns(mark):
        return None
    spec = _read_spec(found)
    roots = _read_roots(spec.trust_bundle) if spec else ()
    is_known = bool(roots) and roots[0].fingerprint == request.known_root
    return found if is_known else None


def _build_pinned(
    spec: IssuedCertificateSpec, root: Certificate, *, cluster: ClusterTarget
) -> Pinned:
    ratio = spec.cert_options.secret_rotation_grace_period_ratio
    return Pinned(
        root=root,
        bundle_fingerprint=fingerprint_text(spec.trust_bundle),
        common_name=build_intermediate_common_name(cluster.cluster),
        generation=spec.intermediate_generation,
        renewal_ratio=RATIO_DEFAULT if ratio is None else ratio,
    )


def _read_spec(manifest: Manifest) -> IssuedCertificateSpec | None:
    try:
        return IssuedCertificateSpec.model_validate(manifest.get("spec"))
    except ValidationError:
        return None


def _read_instances(manifest: Manifest) -> Iterator[Instance]:
    """Return the entries that can be read: the API server lets no others in by our CRD."""
    status: Any = manifest.get("status") or {}
    for entry in status.get("instances") or ():
        try:
            yield Instance.model_validate(entry)
        except ValidationError:
            continue


@lru_cache(maxsize=_BUNDLES_MAX)
def _read_roots(bundle: str) -> tuple[Certificate, ...]:
    try:
        return parse_certificates(bundle)
    except UnreadableCertificateError:
        return ()
