"""What a plan changes in clusters, field by field, as people and programs read it."""

from __future__ import annotations

from collections.abc import Iterable

from roottrust.api.issued_certificate import IssuedCertificateSpec
from roottrust.api.kind import ISSUED_CERTIFICATE, POD_BOUNCE_DIRECTIVE
from roottrust.api.pod_bounce_directive import PodBounceDirectiveSpec
from roottrust.domain.action import Verb
from roottrust.domain.change import FieldChange, ObjectChange, Obstacle
from roottrust.domain.issuance_plan import CertificateAction, CertificateConflict, IssuancePlan
from roottrust.domain.issuance_report import advise_on_conflict
from roottrust.domain.manifest_change import list_manifest_changes, merge_manifest
from roottrust.domain.restart_directive import DirectiveAction


def list_certificate_changes(plan: IssuancePlan) -> tuple[ObjectChange, ...]:
    """Return all writes in their order."""
    return tuple(
        ObjectChange(
            verb=action.verb,
            kind=ISSUED_CERTIFICATE.kind,
            path=str(action.key),
            cluster=action.key.cluster,
            fields=_list_fields(action),
        )
        for action in plan.actions
    )


def list_directive_changes(due: Iterable[DirectiveAction]) -> tuple[ObjectChange, ...]:
    """Return the PodBounceDirectives that clusters wait for."""
    return tuple(
        ObjectChange(
            verb=Verb.CREATE,
            kind=POD_BOUNCE_DIRECTIVE.kind,
            path=action.name,
            cluster=action.key.cluster,
            fields=list_manifest_changes(None, action.manifest, spec=PodBounceDirectiveSpec),
        )
        for action in due
    )


def list_certificate_obstacles(plan: IssuancePlan) -> tuple[Obstacle, ...]:
    """Return the IssuedCertificates of others that are in the way."""
    return tuple(_describe(conflict) for conflict in plan.conflicts)


def _list_fields(action: CertificateAction) -> tuple[FieldChange, ...]:
    if action.verb is Verb.DELETE:
        return ()
    after = merge_manifest(action.found, action.manifest)
    return list_manifest_changes(action.found, after, spec=IssuedCertificateSpec)


def _describe(conflict: CertificateConflict) -> Obstacle:
    advice = advise_on_conflict(conflict)
    return Obstacle(
        path=str(conflict.key),
        kind=ISSUED_CERTIFICATE.kind,
        cluster=conflict.key.cluster,
        owner=conflict.owner,
        note=None if conflict.owner else "it carries no mark and differs",
        fields=(),
        next_step=f"{advice[0].upper()}{advice[1:]}.",
    )
