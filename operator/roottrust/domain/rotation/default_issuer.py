"""Whether anybody has changed by hand which root signs where no issuer is named."""

from __future__ import annotations

from roottrust.api.choices import ConditionStatus
from roottrust.domain.facts import IssuerFacts
from roottrust.domain.fault import Fault
from roottrust.domain.reasons import Reason
from roottrust.domain.rotation.vault_target import RotationPhase, RotationTarget
from roottrust.domain.snapshot import Snapshot


def find_default_fault(
    snapshot: Snapshot, rotation: RotationTarget, found: IssuerFacts | None
) -> Fault | None:
    """Return why a rotation must not go on before a person has looked at the default issuer.

    Until the root in use is retired, the default issuer stays what it was.
    """
    mount, default = rotation.next.mount, snapshot.facts.default_issuer
    if mount not in snapshot.facts.mounts:
        return None
    if default is None:
        return Fault(
            status=ConditionStatus.UNKNOWN,
            reason=Reason.WAITING_FOR_VAULT,
            message=f"Which issuer is the default one of {mount}/ cannot be read: see that the "
            f"operator's Vault role may read {mount}/config/issuers.",
        )
    command = f"vault write {mount}/config/issuers default="
    if snapshot.facts.follows_latest and rotation.phase is RotationPhase.PREPARE and default:
        return _build_changed(
            f"The mount {mount}/ makes each new issuer its default one, so that the next root "
            "would sign before anybody trusts it: turn that off by "
            f"`{command}{rotation.default_issuer or default} default_follows_latest_issuer=false`."
        )
    allowed = {rotation.default_issuer, ""}
    if rotation.phase is RotationPhase.RETIRE and found is not None:
        allowed.add(found.issuer_id)
    if not rotation.default_issuer or default in allowed:
        return None
    return _build_changed(
        f"Somebody has made {default} the default issuer of {mount}/ while its root is rotated: "
        f"set it back by `{command}{rotation.default_issuer}`."
    )


def _build_changed(message: str) -> Fault:
    return Fault(status=ConditionStatus.FALSE, reason=Reason.ROOT_CHANGED, message=message)
