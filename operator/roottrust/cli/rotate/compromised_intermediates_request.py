"""Calling the intermediates of clusters compromised: what is written, in one edit; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from roottrust.cli.policy_choice import Manifest
from roottrust.cli.rotate.request import (
    Operation,
    RaisedGeneration,
    build_guards,
    choose_policy,
    plan_rotation,
)
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.reasons import Reason
from roottrust.domain.rotation.compromised_intermediates import (
    COMPROMISED_ANNOTATION,
    add_compromised,
    read_compromised,
)

_ANNOTATIONS = "/metadata/annotations"
_VERSION = "/metadata/resourceVersion"


@dataclass(frozen=True, kw_only=True)
class CompromisedClusters:
    """What is ordered: a generation that is raised, below which all are compromised.

    `value` is the annotation as it is to be, beside what is there of other clusters.
    """

    raised: RaisedGeneration
    value: str

    def render_annotation(self) -> str:
        """Return the line of metadata.annotations as Git is to have it."""
        return f'{COMPROMISED_ANNOTATION}: "{self.value}"'

    def build_patch(self) -> tuple[Operation, ...]:
        """Return a JSON patch of both that fails where anything was written since it was read."""
        policy = self.raised.policy
        guards = build_guards(policy, _VERSION, policy["metadata"]["resourceVersion"])
        written: Operation = {"op": "add", "path": _ANNOTATIONS, "value": self._build_all()}
        if _read_annotations(policy):
            path = f"{_ANNOTATIONS}/{COMPROMISED_ANNOTATION.replace('/', '~1')}"
            written = {"op": "add", "path": path, "value": self.value}
        return (*guards, *self.raised.build_patch(), written)

    def _build_all(self) -> Mapping[str, str]:
        return {COMPROMISED_ANNOTATION: self.value}


def plan_compromise(
    policies: tuple[Manifest, ...], *, clusters: tuple[str, ...]
) -> CompromisedClusters:
    """Return what is to be written; raises RootTrustError where nothing would come of it."""
    raised = plan_rotation(policies, clusters=clusters)
    annotations = _read_annotations(raised.policy)
    problems = read_compromised(annotations).problems
    if problems:
        raise InvalidSpecError(f"{problems[0]} Mend it first.", reason=Reason.INVALID_SPEC)
    value = add_compromised(annotations, clusters=clusters, generation=raised.after)
    return CompromisedClusters(raised=raised, value=value)


def find_ordered(policies: tuple[Manifest, ...], clusters: tuple[str, ...]) -> int | None:
    """Return the generation that the annotation names for clusters, None if it names several."""
    orders = read_compromised(_read_annotations(choose_policy(policies))).generations
    found = {orders.get(each) for each in clusters}
    return found.pop() if len(found) == 1 else None


def _read_annotations(policy: Manifest) -> Mapping[str, str]:
    found: Mapping[str, str] = policy["metadata"].get("annotations") or {}
    return found
