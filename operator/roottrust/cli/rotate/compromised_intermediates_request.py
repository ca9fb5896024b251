"""Calling the intermediates of clusters compromised: what is written, in one edit; pure."""

from __future__ import annotations

from dataclasses import dataclass

from roottrust.cli.policy_choice import Manifest
from roottrust.cli.rotate.annotation import build_annotation_patch, read_annotations
from roottrust.cli.rotate.request import (
    Operation,
    RaisedGeneration,
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
        also = self.raised.build_patch()
        return build_annotation_patch(
            self.raised.policy, COMPROMISED_ANNOTATION, self.value, also=also
        )


def plan_compromise(
    policies: tuple[Manifest, ...], *, clusters: tuple[str, ...]
) -> CompromisedClusters:
    """Return what is to be written; raises RootTrustError where nothing would come of it."""
    raised = plan_rotation(policies, clusters=clusters)
    annotations = read_annotations(raised.policy)
    problems = read_compromised(annotations).problems
    if problems:
        raise InvalidSpecError(f"{problems[0]} Mend it first.", reason=Reason.INVALID_SPEC)
    value = add_compromised(annotations, clusters=clusters, generation=raised.after)
    return CompromisedClusters(raised=raised, value=value)


def find_ordered(policies: tuple[Manifest, ...], clusters: tuple[str, ...]) -> int | None:
    """Return the generation that the annotation names for clusters, None if it names several."""
    orders = read_compromised(read_annotations(choose_policy(policies))).generations
    found = {orders.get(each) for each in clusters}
    return found.pop() if len(found) == 1 else None
