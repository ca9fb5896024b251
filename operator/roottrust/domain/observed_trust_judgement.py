"""The conditions of a Mesh, each with the sentence that says what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from roottrust.domain.condition_judgement import Judgement, build_false, build_true
from roottrust.domain.counted import count
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.domain.published_bundle import CONFIG_MAP
from roottrust.domain.reasons import MeshConditionType, Reason
from roottrust.domain.some_names import list_some


def judge_trust(trust: ObservedTrust) -> tuple[Judgement, ...]:
    """Return all conditions, Ready last."""
    istiod = _judge_istiod(trust)
    published = _judge_published(trust)
    propagated = _judge_propagated(trust, published)
    return istiod, published, propagated, _judge_ready((published, propagated, istiod))


def _judge_istiod(trust: ObservedTrust) -> Judgement:
    istiod = trust.istiod
    if istiod.wanted > 0 and istiod.ready >= istiod.wanted:
        is_one = istiod.wanted == 1
        all_are = "The one replica" if is_one else f"All {istiod.wanted} replicas"
        message = f"{all_are} of istiod {'is' if is_one else 'are'} ready."
        return build_true(MeshConditionType.ISTIOD_READY, Reason.ISTIOD_READY, message)
    return build_false(
        MeshConditionType.ISTIOD_READY,
        Reason.ISTIOD_NOT_READY,
        f"{istiod.ready} of {istiod.wanted} replicas of istiod are ready: look at Deployment "
        f"{istiod.full_name} and its pods.",
    )


def _judge_published(trust: ObservedTrust) -> Judgement:
    kind, published = MeshConditionType.TRUST_PUBLISHED, trust.published
    place = f"ConfigMap {trust.istiod.namespace}/{CONFIG_MAP}"
    if published is None:
        return build_false(
            kind,
            Reason.NOT_PUBLISHED,
            f"istiod has published no roots yet: {place} is not there.",
        )
    if published.trouble:
        return build_false(
            kind,
            Reason.UNREADABLE_ROOTS,
            f"{place} cannot be read: {published.trouble}",
        )
    if trust.is_self_signed:
        return build_false(kind, Reason.SELF_SIGNED, _advise_self_signed(trust))
    if trust.pinned is None:
        return build_true(
            kind,
            Reason.NOT_MANAGED,
            f"istiod publishes {count(len(published.roots), 'root')}, which no RootTrustPolicy "
            "manages.",
        )
    if not trust.is_as_pinned:
        return build_false(
            kind,
            Reason.OTHER_ROOT_PUBLISHED,
            "istiod publishes other roots than its IssuedCertificate has: wait for its agents, and "
            f"restart Deployment {trust.istiod.full_name} if they are done.",
        )
    return build_true(
        kind,
        Reason.PUBLISHED,
        f"istiod publishes {count(len(published.roots), 'root')} as its IssuedCertificate has it.",
    )


def _advise_self_signed(trust: ObservedTrust) -> str:
    """Return what is to be done; a restart alone helps where the agent is there already."""
    name = trust.istiod.full_name
    if trust.pinned is None:
        return (
            f"istiod {name} signs by a root that it made itself: write a RootTrustPolicy for it, "
            "and put the agent beside it (deploy/istiod)."
        )
    return (
        f"istiod {name} signs by a root that it made itself, since it started without its CA "
        "files: put the agent beside it (deploy/istiod), or restart it if the agent is there."
    )


def _judge_propagated(trust: ObservedTrust, published: Judgement) -> Judgement:
    kind, counted, stale = MeshConditionType.TRUST_PROPAGATED, trust.counted, trust.stale
    if not published.is_true:
        return build_false(
            kind,
            Reason.WAITING_FOR_ISTIOD,
            "The namespaces follow once istiod publishes its roots as it should.",
        )
    if stale:
        return build_false(
            kind,
            Reason.NAMESPACES_STALE,
            f"{len(stale)} of {count(len(counted), 'namespace')} do not have istiod's roots: look "
            f"at istiod's log for {list_some(stale)}.",
        )
    return build_true(
        kind,
        Reason.PROPAGATED,
        f"The roots that istiod publishes are in {count(len(counted), 'namespace')}.",
    )


def _judge_ready(judgements: Sequence[Judgement]) -> Judgement:
    failed = next((each for each in judgements if not each.is_true), None)
    if failed is None:
        message = judgements[1].message
        return build_true(MeshConditionType.READY, Reason.READY, message)
    return build_false(MeshConditionType.READY, failed.reason, failed.message)
