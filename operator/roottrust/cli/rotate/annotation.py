"""One annotation of a policy: as it is, and the JSON patch that makes it another; pure."""

from __future__ import annotations

from collections.abc import Mapping

from roottrust.cli.policy_choice import Manifest
from roottrust.cli.rotate.request import Operation, build_guards

_ANNOTATIONS = "/metadata/annotations"
_VERSION = "/metadata/resourceVersion"


def read_annotations(policy: Manifest) -> Mapping[str, str]:
    """Return what a policy has of them."""
    found: Mapping[str, str] = policy["metadata"].get("annotations") or {}
    return found


def build_annotation_patch(
    policy: Manifest, annotation: str, value: str | None, *, also: tuple[Operation, ...] = ()
) -> tuple[Operation, ...]:
    """Return a JSON patch for the policy as it was read: what others wrote since is not lost.

    None takes the annotation away; `also` is written along with it.
    """
    guards = build_guards(policy, _VERSION, policy["metadata"]["resourceVersion"])
    return (*guards, *also, _build_operation(policy, annotation, value))


def _build_operation(policy: Manifest, annotation: str, value: str | None) -> Operation:
    if not read_annotations(policy):
        return {"op": "add", "path": _ANNOTATIONS, "value": {annotation: value}}
    path = f"{_ANNOTATIONS}/{annotation.replace('/', '~1')}"
    if value is None:
        return {"op": "remove", "path": path}
    return {"op": "add", "path": path, "value": value}
