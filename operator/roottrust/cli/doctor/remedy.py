"""Why a reason matters to a person, and the command that helps, as the guide of reasons has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from shlex import quote

from roottrust.domain.reason_guide.advice import Advice
from roottrust.domain.reason_guide.cluster import REGISTRATION
from roottrust.domain.reason_guide.guide import TOPICS
from roottrust.domain.reasons import Reason

_WHY = "what follows from it cannot be done before"
_OF_POLICY = "kubectl describe rtp NAME -n NAMESPACE"
_OF_CLUSTER = "roottrust cluster list"
# They do not pass by themselves, though the hub only says that it waits.
_NEEDS_PERSON = frozenset(
    {*REGISTRATION.advice, Reason.CLUSTER_NOT_PREPARED, Reason.CLUSTER_ACCESS_DENIED}
)


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """Why a reason matters, and what to type; `needs_person` is of what does not pass by itself."""

    why: str
    fix: str
    needs_person: bool = False


def find_policy_remedy(reason: str, *, policy: str, cluster: str = "") -> Remedy:
    """Return what to say of a condition of a policy, NAMESPACE/NAME."""
    namespace, _, name = policy.partition("/")
    names = {"NAMESPACE": namespace, "NAME": name, "CLUSTER": cluster or "CLUSTER"}
    return _build(reason, names, otherwise=_OF_POLICY)


def find_cluster_remedy(reason: str, *, cluster: str) -> Remedy:
    """Return what to say of a cluster of which nothing new is learned."""
    return _build(reason, {"CLUSTER": cluster}, otherwise=_OF_CLUSTER)


def _build(reason: str, names: Mapping[str, str], *, otherwise: str) -> Remedy:
    advice, why = _find_advice(reason)
    words = (advice.command if advice and advice.command else otherwise).split(" ")
    return Remedy(
        why=why or _WHY,
        fix=" ".join(_fill_in(each, names) for each in words),
        needs_person=reason in _NEEDS_PERSON,
    )


def _find_advice(reason: str) -> tuple[Advice | None, str]:
    """Return the guide's advice, and why its topic matters; None of a newer version's reason."""
    for topic in TOPICS:
        for known, advice in topic.advice.items():
            if known == reason:
                return advice, topic.why
    return None, ""


def _fill_in(word: str, names: Mapping[str, str]) -> str:
    """Return a word of a command with names in their places, whoever has chosen these."""
    return "/".join(quote(names[each]) if each in names else each for each in word.split("/"))
