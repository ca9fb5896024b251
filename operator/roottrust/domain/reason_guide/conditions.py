"""Which conditions each kind has, and the reasons that each of them, and its Events, may give."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from roottrust.domain.judgement import NEEDS_AN_EDIT
from roottrust.domain.reason_guide.acceptance import ACCEPTANCE
from roottrust.domain.reason_guide.agent import AGENT
from roottrust.domain.reason_guide.authority import AUTHORITY
from roottrust.domain.reason_guide.cluster import REGISTRATION
from roottrust.domain.reason_guide.root import DELETION, ROOT, ROTATION
from roottrust.domain.reason_guide.vault import VAULT_CONTENT, VAULT_SERVER
from roottrust.domain.reasons import (
    BounceConditionType,
    ConditionType,
    MeshConditionType,
    Reason,
)


@dataclass(frozen=True, kw_only=True)
class ConditionGuide:
    """One condition: what it means while it is True, and the reasons that it may have."""

    type: StrEnum
    meaning: str
    reasons: tuple[Reason, ...]
    also: str = ""


@dataclass(frozen=True, kw_only=True)
class KindGuide:
    """The conditions of one kind, and the reasons of its Events that no condition has."""

    kind: str
    conditions: tuple[ConditionGuide, ...]
    events: tuple[Reason, ...] = ()
    elsewhere: tuple[tuple[str, tuple[Reason, ...]], ...] = ()


_CLUSTERS = (
    Reason.CLUSTER_CONNECTING,
    Reason.CLUSTER_UNREACHABLE,
    Reason.CLUSTER_NOT_PREPARED,
    Reason.CLUSTER_ACCESS_DENIED,
    Reason.CLUSTER_TOO_LARGE,
    Reason.INTERNAL_ERROR,
)
_KUBERNETES = (Reason.ACCESS_DENIED, Reason.API_UNREACHABLE, Reason.API_REFUSED)
_NO_MESH = (Reason.WAITING_FOR_MESH, Reason.NO_MESH_SELECTED)
_OF_REPLICAS = (
    Reason.ISSUED,
    Reason.RENEWING,
    Reason.EXPIRING,
    Reason.EXPIRED,
    Reason.WAITING_FOR_AGENT,
    Reason.AGENT_FAILED,
    Reason.INSTANCE_NOT_BELIEVED,
    Reason.WAITING_FOR_ISTIOD,
)
_FAILED_BOUNCE = (Reason.ROLLOUT_FAILED, Reason.ROLLOUT_STALLED, Reason.RESTART_UNDONE)
_GOING_BOUNCE = (
    Reason.RESTARTING,
    Reason.WAITING_FOR_ROOTS,
    Reason.WAITING_FOR_REPLICAS,
    Reason.WAITING_FOR_TURN,
    Reason.BUDGET_EXHAUSTED,
    Reason.ROLLOUT_PAUSED,
    Reason.ROLLOUT_PARTITIONED,
)
_REFUSED_BOUNCE = (Reason.INVALID_SPEC, Reason.NOT_ALLOWED, Reason.OTHER_CLUSTER)
_OF_EVENTS = (Reason.DRIFT_REPAIRED, Reason.UPDATED, Reason.KEYS_REMOVED)
_NO_EVENT = (Reason.DELETING, Reason.WAITING_FOR_ROTATION)
_STALE = (Reason.WORKLOADS_STALE, Reason.WORKLOADS_RENEWED)


def _join(*parts: Iterable[Reason], without: Iterable[Reason] = ()) -> tuple[Reason, ...]:
    """Return reasons in their order, each once."""
    left = frozenset(without)
    return tuple(dict.fromkeys(each for part in parts for each in part if each not in left))


POLICY = KindGuide(
    kind="RootTrustPolicy",
    conditions=(
        ConditionGuide(
            type=ConditionType.ACCEPTED,
            meaning="The policy can be done as it is written, and may.",
            reasons=_join(ACCEPTANCE.advice, REGISTRATION.advice, _KUBERNETES),
        ),
        ConditionGuide(
            type=ConditionType.VAULT_REACHABLE,
            meaning="Vault answers, is unsealed, and lets the hub log in.",
            reasons=_join(VAULT_SERVER.advice),
            also="that of Accepted while that does not hold",
        ),
        ConditionGuide(
            type=ConditionType.VAULT_CONFIGURED,
            meaning="Vault holds the root, and what istiods of all clusters need.",
            reasons=_join(
                VAULT_CONTENT.advice,
                ROOT.advice,
                (Reason.SECRET_NOT_FOUND, Reason.NOT_SUPPORTED, Reason.WAITING_FOR_ROTATION),
                (Reason.WAITING_FOR_VAULT, Reason.NO_CLUSTER_SELECTED, Reason.DELETING),
                (Reason.UNREACHABLE, Reason.SERVER_ERROR, Reason.RATE_LIMITED),
                _KUBERNETES,
                without=_OF_EVENTS,
            ),
            also="that of VaultReachable while that does not hold",
        ),
        ConditionGuide(
            type=ConditionType.CERTIFICATES_ISSUED,
            meaning="Every istiod serves an intermediate under the root.",
            reasons=_join(
                _OF_REPLICAS,
                _NO_MESH,
                (Reason.WAITING_FOR_REPORT, Reason.CHANGES_PENDING, Reason.CONFLICT),
                (Reason.NO_CLUSTER_SELECTED,),
                _CLUSTERS,
                _KUBERNETES,
                (Reason.DELETING,),
            ),
            also="that of VaultConfigured while no mesh is known",
        ),
        ConditionGuide(
            type=ConditionType.TRUST_PROPAGATED,
            meaning="Every istiod publishes the roots, and every namespace has them.",
            reasons=_join(
                (Reason.PROPAGATED, Reason.WAITING_FOR_REPORT, Reason.SELF_SIGNED),
                (Reason.WAITING_FOR_ISTIOD, Reason.WAITING_FOR_VAULT),
                (Reason.OTHER_ROOT_PUBLISHED, Reason.BUNDLE_OUTDATED, Reason.NAMESPACES_STALE),
                _NO_MESH,
                _CLUSTERS,
                (Reason.DELETING,),
            ),
            also="that of VaultConfigured while no mesh is known",
        ),
        ConditionGuide(
            type=ConditionType.READY,
            meaning="All before it hold; those of meshes count once a mesh is found.",
            reasons=_join((Reason.READY,), _NO_MESH, (Reason.DELETING,)),
            also="that of the first condition before it that does not hold",
        ),
        ConditionGuide(
            type=ConditionType.RECONCILING,
            meaning="It is not Ready, and the hub tries again by itself. Else it is not there.",
            reasons=(Reason.RETRYING, Reason.DELETING),
        ),
        ConditionGuide(
            type=ConditionType.STALLED,
            meaning="Nothing changes before somebody edits something. Else it is not there.",
            reasons=tuple(each for each in Reason if each in NEEDS_AN_EDIT),
        ),
    ),
    events=_join(_OF_EVENTS, _STALE, ROTATION.advice, DELETION.advice, without=_NO_EVENT),
    elsewhere=(
        (
            "`status.warnings` begin with",
            (Reason.WORKLOADS_STALE, Reason.ISTIODS_STALE, Reason.RESTARTS_NOT_WRITTEN),
        ),
    ),
)

MESH = KindGuide(
    kind="Mesh",
    conditions=(
        ConditionGuide(
            type=MeshConditionType.ISTIOD_READY,
            meaning="All replicas of istiod are ready.",
            reasons=(Reason.ISTIOD_READY, Reason.ISTIOD_NOT_READY),
        ),
        ConditionGuide(
            type=MeshConditionType.TRUST_PUBLISHED,
            meaning="istiod publishes the roots that it should.",
            reasons=(
                Reason.PUBLISHED,
                Reason.NOT_MANAGED,
                Reason.NOT_PUBLISHED,
                Reason.UNREADABLE_ROOTS,
                Reason.SELF_SIGNED,
                Reason.OTHER_ROOT_PUBLISHED,
            ),
        ),
        ConditionGuide(
            type=MeshConditionType.TRUST_PROPAGATED,
            meaning="Every namespace has the roots that istiod publishes.",
            reasons=(Reason.PROPAGATED, Reason.WAITING_FOR_ISTIOD, Reason.NAMESPACES_STALE),
        ),
        ConditionGuide(
            type=MeshConditionType.READY,
            meaning="All before it hold.",
            reasons=(Reason.READY,),
            also="that of the condition that does not hold; of a mirror that of Current",
        ),
        ConditionGuide(
            type=MeshConditionType.CURRENT,
            meaning="Of a mirror alone: it is what its cluster tells now.",
            reasons=_join((Reason.MIRRORED,), _CLUSTERS),
        ),
    ),
    events=_join(
        _STALE,
        (Reason.RESTARTS_REQUESTED, Reason.LEAVES_FROM_BEFORE, Reason.LEAVES_RENEWED),
        (Reason.NAME_TAKEN,),
    ),
)

CERTIFICATE = KindGuide(
    kind="IssuedCertificate",
    conditions=(
        ConditionGuide(
            type=ConditionType.READY,
            meaning="Every replica of this istiod serves its intermediate.",
            reasons=_OF_REPLICAS,
        ),
    ),
    events=_join(
        (Reason.ISSUED,),
        AGENT.advice,
        AUTHORITY.advice,
        VAULT_SERVER.advice,
        (Reason.INVALID_SPEC, Reason.INVALID_CA_BUNDLE, Reason.NOT_SUPPORTED),
        (Reason.REJECTED_BY_VAULT, Reason.ROOT_NOT_USABLE),
        _KUBERNETES,
        (Reason.INTERNAL_ERROR,),
        without=(Reason.REACHABLE,),
    ),
)

DIRECTIVE = KindGuide(
    kind="PodBounceDirective",
    conditions=(
        ConditionGuide(
            type=BounceConditionType.ACCEPTED,
            meaning="The directive is obeyed.",
            reasons=_join((Reason.ACCEPTED,), _REFUSED_BOUNCE),
        ),
        ConditionGuide(
            type=BounceConditionType.COMPLETE,
            meaning="All that it selects is restarted.",
            reasons=_join(
                (Reason.COMPLETE, Reason.NOTHING_SELECTED, Reason.NOT_ACCEPTED),
                _GOING_BOUNCE,
                _FAILED_BOUNCE,
                _KUBERNETES,
            ),
        ),
        ConditionGuide(
            type=BounceConditionType.RECONCILING,
            meaning="It goes on by itself. Else it is not there.",
            reasons=_GOING_BOUNCE,
        ),
        ConditionGuide(
            type=BounceConditionType.STALLED,
            meaning="It does not go on before somebody does something. Else it is not there.",
            reasons=_join(_REFUSED_BOUNCE, _FAILED_BOUNCE, _KUBERNETES),
        ),
    ),
    elsewhere=(
        (
            "`status.workloads` have, beside those of Complete,",
            (
                Reason.RESTARTED,
                Reason.NO_CONTROLLER,
                Reason.MIRROR_POD,
                Reason.JOB,
                Reason.UNKNOWN_OWNER,
            ),
        ),
    ),
)

KIND_GUIDES = (POLICY, MESH, CERTIFICATE, DIRECTIVE)

# What commands and logs say, and no object.
OF_COMMANDS = (
    Reason.ISTIOD_UNREACHABLE,
    Reason.ISTIOD_UNTRUSTED,
    Reason.ISTIOD_REFUSED,
    Reason.NOT_LEADING,
)
