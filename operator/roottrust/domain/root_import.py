"""A root that a person made and that is given to Vault once, with its key, from a Secret.

Vault names nothing that is imported. So the root is known by its fingerprint until it bears our
name, and by that name afterwards, when the Secret should be gone.
"""

from __future__ import annotations

from dataclasses import replace

from roottrust.api.choices import ConditionStatus, RootSource
from roottrust.domain.action import Action, Verb
from roottrust.domain.certificate import Certificate
from roottrust.domain.desired import build_key_name, build_root_import, build_root_name
from roottrust.domain.existing_root import RootPlan
from roottrust.domain.facts import IssuerFacts, MountFacts, Unread
from roottrust.domain.fault import Fault, build_fault
from roottrust.domain.imported_root import ImportedRoot
from roottrust.domain.own_root import (
    keep_own_root,
    list_actions,
    list_managed,
    refuse_found,
    refuse_second_root,
    refuse_to_fill,
    update,
)
from roottrust.domain.ownership import Verdict
from roottrust.domain.reasons import Reason
from roottrust.domain.root_check import compute_ttl_days, find_root_fault
from roottrust.domain.root_remedy import build_secret_remedy
from roottrust.domain.snapshot import Snapshot


def plan_imported_root(snapshot: Snapshot, mount: MountFacts | None, verdict: Verdict) -> RootPlan:
    """Keep the root that was imported, name one that bears no name yet, or import it."""
    issuer = snapshot.facts.root_issuer
    if isinstance(issuer, Unread):
        return keep_own_root(snapshot, mount, verdict)
    if issuer is not None:
        return _keep(snapshot, mount, verdict, issuer)
    unnamed = _find_by_fingerprint(snapshot)
    if unnamed is not None:
        return _name(snapshot, mount, verdict, unnamed)
    if snapshot.facts.other_issuers:
        return refuse_second_root(snapshot)
    return _import(snapshot, verdict)


def can_restore(snapshot: Snapshot) -> bool:
    """Whether the very root that is in use can be imported or named again."""
    if snapshot.target.root.source is not RootSource.IMPORT:
        return False
    return _find_by_fingerprint(snapshot) is not None or _get_imported(snapshot) is not None


def _keep(
    snapshot: Snapshot,
    mount: MountFacts | None,
    verdict: Verdict,
    issuer: IssuerFacts,
    *,
    naming: tuple[Action, ...] = (),
) -> RootPlan:
    """Use the root in Vault; one that came without its key gets it."""
    imported = _get_imported(snapshot)
    is_same = imported is not None and imported.certificate == issuer.certificate
    if imported is not None and is_same and not issuer.has_key and verdict.is_ours:
        return _build_import(snapshot, verdict, imported)
    plan = keep_own_root(snapshot, mount, verdict, naming=naming)
    if plan.certificate is None:
        return plan
    return replace(plan, warnings=plan.warnings + warn_of_secret(snapshot, plan.certificate))


def _name(
    snapshot: Snapshot, mount: MountFacts | None, verdict: Verdict, issuer: IssuerFacts
) -> RootPlan:
    """Give our name to the root that was imported before: by us, or by hand in a mount of ours."""
    root = snapshot.target.root
    if issuer.issuer_name:
        return refuse_found(
            root,
            f"The root of Secret {root.secret} is in {root.mount}/ already, as issuer "
            f"{issuer.issuer_name}: use it with management.root.source: Existing and caPath "
            f"{root.mount}/issuer/{issuer.issuer_name}/sign-intermediate.",
        )
    if not verdict.is_ours:
        return refuse_to_fill(root)
    naming = (
        update(build_key_name(root, issuer.key_id), {}),
        update(build_root_name(root, issuer.issuer_id), {}),
    )
    found = replace(snapshot, facts=replace(snapshot.facts, root_issuer=issuer))
    return _keep(found, mount, verdict, issuer, naming=naming)


def _import(snapshot: Snapshot, verdict: Verdict) -> RootPlan:
    root, secret = snapshot.target.root, snapshot.root_secret
    fault = _find_fault(snapshot, secret)
    if fault is not None or not isinstance(secret, ImportedRoot):
        return RootPlan(mount=root.mount, fault=fault)
    if not verdict.is_ours:
        return refuse_to_fill(root)
    return _build_import(snapshot, verdict, secret)


def _build_import(snapshot: Snapshot, verdict: Verdict, imported: ImportedRoot) -> RootPlan:
    root = snapshot.target.root
    wanted = build_root_import(root, imported.bundle)
    return RootPlan(
        mount=root.mount,
        is_pending=True,
        actions=(*list_actions(verdict), Action(verb=Verb.CREATE, wanted=wanted)),
        managed=list_managed(verdict),
    )


def _find_fault(snapshot: Snapshot, secret: ImportedRoot | Unread | None) -> Fault | None:
    """Return why what the Secret has cannot be imported."""
    name = str(snapshot.target.root.secret)
    if secret is None:
        return _build_unknown(f"Secret {name} with the root to import was not looked at.")
    if isinstance(secret, Unread):
        return build_fault(secret.error)
    certificate = secret.certificate
    found = find_root_fault(
        certificate, now=snapshot.now, has_key=True, remedy=build_secret_remedy(name)
    )
    if found is not None:
        return Fault(status=ConditionStatus.FALSE, reason=found.reason, message=found.message)
    ttl = compute_ttl_days(
        wanted_days=1,
        root_not_after=certificate.not_after,
        now=snapshot.now,
        mount_max_seconds=None,
    )
    if ttl.is_possible:
        return None
    return Fault(
        status=ConditionStatus.FALSE,
        reason=Reason.ROOT_EXPIRES_TOO_SOON,
        message=f"The root {certificate.subject!r} leaves intermediates less than a day: put "
        f"another root into Secret {name}.",
    )


def _find_by_fingerprint(snapshot: Snapshot) -> IssuerFacts | None:
    """Return the root that is in use, or else the one of the Secret, by whatever name."""
    imported = _get_imported(snapshot)
    wanted = snapshot.known_root or (imported.certificate.fingerprint if imported else None)
    return next(
        (
            each
            for each in snapshot.facts.other_issuers
            if each.certificate is not None and each.certificate.fingerprint == wanted
        ),
        None,
    )


def _get_imported(snapshot: Snapshot) -> ImportedRoot | None:
    """Return what the Secret has, unless it is another root than the one in use."""
    secret = snapshot.root_secret
    if not isinstance(secret, ImportedRoot):
        return None
    return secret if snapshot.known_root in {None, secret.certificate.fingerprint} else None


def warn_of_secret(snapshot: Snapshot, used: Certificate) -> tuple[str, ...]:
    """Tell of a Secret that is not needed any more: it holds the key of every identity."""
    name, secret = snapshot.target.root.secret, snapshot.root_secret
    if isinstance(secret, ImportedRoot):
        return (_describe_left(str(name), secret.certificate, used),)
    if secret is None or secret.error.reason is Reason.SECRET_NOT_FOUND:
        return ()
    if secret.error.reason is Reason.INVALID_ROOT_SECRET:
        return (f"The root is in Vault: delete Secret {name}, which may still hold its key.",)
    return (f"Whether Secret {name} is deleted cannot be told: {secret.error.message}",)


def _describe_left(name: str, found: Certificate, used: Certificate) -> str:
    if found.fingerprint == used.fingerprint:
        return f"The root is in Vault: delete Secret {name}, which still holds its key."
    return (
        f"Secret {name} holds another root ({found.fingerprint}) than the one in use "
        f"({used.fingerprint}), which is never exchanged: delete the Secret, or name another mount "
        "in caPath to import it there."
    )


def _build_unknown(message: str) -> Fault:
    return Fault(status=ConditionStatus.UNKNOWN, reason=Reason.SECRET_NOT_FOUND, message=message)
