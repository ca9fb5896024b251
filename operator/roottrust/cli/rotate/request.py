"""Raising a generation of a policy: what is written, and when it makes no sense to; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from roottrust.api.choices import ManagementMode
from roottrust.cli.policy_choice import Manifest, get_full_name
from roottrust.cli.status.build_report import read_generation
from roottrust.domain.errors import DependencyMissingError, InvalidSpecError
from roottrust.domain.reasons import Reason
from roottrust.domain.some_names import list_some

FIELD = "spec.rotation.intermediateGeneration"

_POINTER = f"/{FIELD.replace('.', '/')}"


@dataclass(frozen=True, kw_only=True)
class RaisedGeneration:
    """What is asked for: the policy as it was read, and the generation that it is to have."""

    policy: Manifest
    before: int
    after: int

    @property
    def full_name(self) -> str:
        """The policy's namespace and name."""
        return get_full_name(self.policy)

    def build_patch(self) -> tuple[Mapping[str, Any], ...]:
        """Return a JSON patch that fails where it is another policy, or another generation.

        The API server fills in the generation of every policy, so there always is one.
        """
        return (
            {"op": "test", "path": "/metadata/uid", "value": self.policy["metadata"]["uid"]},
            {"op": "test", "path": _POINTER, "value": self.before},
            {"op": "replace", "path": _POINTER, "value": self.after},
        )


def plan_rotation(policies: tuple[Manifest, ...]) -> RaisedGeneration:
    """Return what is to be written; raises RootTrustError where nothing would come of it."""
    policy = _choose(policies)
    before = read_generation(policy)
    return RaisedGeneration(policy=policy, before=before, after=before + 1)


def plan_following(policies: tuple[Manifest, ...], *, generation: int | None) -> RaisedGeneration:
    """Return what somebody else writes: the generation given, or else the one that is there.

    Raises RootTrustError where nothing would come of it.
    """
    policy = _choose(policies)
    before = read_generation(policy)
    return RaisedGeneration(policy=policy, before=before, after=generation or before)


def _choose(policies: tuple[Manifest, ...]) -> Manifest:
    if len(policies) > 1:
        names = list_some(tuple(map(get_full_name, policies)), most=5)
        raise InvalidSpecError(
            f"Several policies are meant: name one of {names}.", reason=Reason.INVALID_SPEC
        )
    (policy,) = policies
    if policy["metadata"].get("deletionTimestamp"):
        raise DependencyMissingError(
            f"{get_full_name(policy)} is being deleted.", reason=Reason.DELETING
        )
    management: Mapping[str, Any] = policy["spec"].get("management") or {}
    if management.get("mode") == ManagementMode.OBSERVE:
        raise InvalidSpecError(
            f"{get_full_name(policy)} has management.mode: Observe, so the operator would hand the "
            "new generation to no istiod: set Manage first.",
            reason=Reason.CHANGES_PENDING,
        )
    return policy
