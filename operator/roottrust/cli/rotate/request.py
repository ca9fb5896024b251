"""Raising a generation of a policy: what is written, and when it makes no sense to; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from roottrust.api.choices import ManagementMode
from roottrust.api.rotation import ClusterGeneration
from roottrust.cli.policy_choice import Manifest, get_full_name
from roottrust.cli.status.found_rotation import read_rotation
from roottrust.cli.status.report import PolicyReport
from roottrust.domain.errors import DependencyMissingError, InvalidSpecError
from roottrust.domain.reasons import Reason
from roottrust.domain.some_names import list_some

FIELD = "spec.rotation.intermediateGeneration"
CLUSTERS_FIELD = "spec.rotation.clusters"

_POINTER = f"/{FIELD.replace('.', '/')}"
_CLUSTERS_POINTER = f"/{CLUSTERS_FIELD.replace('.', '/')}"

Operation = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class RaisedGeneration:
    """What is asked for: the policy as it was read, and the generation that it is to have.

    With clusters it is theirs alone.
    """

    policy: Manifest
    before: int
    after: int
    clusters: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        """The policy's namespace and name."""
        return get_full_name(self.policy)

    def build_patch(self) -> tuple[Operation, ...]:
        """Return a JSON patch that fails where it is another policy, or another generation.

        The API server fills in the generation of every policy, so there always is one.
        """
        rotation = read_rotation(self.policy)
        known = rotation.intermediate_generation
        if not self.clusters:
            return build_raise(self.policy, _POINTER, before=known, after=self.after)
        guards = build_guards(self.policy, _POINTER, known)
        if rotation.clusters:
            value = [_build_entry(each) for each in rotation.clusters]
            guards = (*guards, {"op": "test", "path": _CLUSTERS_POINTER, "value": value})
        entries = [_build_entry(each) for each in self._list_entries()]
        return (*guards, {"op": "add", "path": _CLUSTERS_POINTER, "value": entries})

    def _list_entries(self) -> Iterator[ClusterGeneration]:
        """Return the clusters that are to be ahead of the policy."""
        rotation = read_rotation(self.policy)
        for each in rotation.clusters:
            is_ahead = each.intermediate_generation > rotation.intermediate_generation
            if is_ahead and each.name not in self.clusters:
                yield each
        for name in self.clusters:
            yield ClusterGeneration(name=name, intermediate_generation=self.after)


def build_guards(policy: Manifest, pointer: str, value: object) -> tuple[Operation, ...]:
    """Return the part of a JSON patch that holds only for this policy with this value."""
    return (
        {"op": "test", "path": "/metadata/uid", "value": policy["metadata"]["uid"]},
        {"op": "test", "path": pointer, "value": value},
    )


def build_raise(
    policy: Manifest, pointer: str, *, before: int, after: int
) -> tuple[Operation, ...]:
    """Return a JSON patch that raises a number, unless somebody else did."""
    return (*build_guards(policy, pointer, before), raise_to(pointer, after))


def raise_to(pointer: str, after: int) -> Operation:
    """Return the part of a JSON patch that raises a number."""
    return {"op": "replace", "path": pointer, "value": after}


def plan_rotation(
    policies: tuple[Manifest, ...], *, clusters: tuple[str, ...] = ()
) -> RaisedGeneration:
    """Return what is to be written; raises RootTrustError where nothing would come of it.

    One number for all that are rotated, above all that they have had.
    """
    policy = choose_policy(policies)
    rotation = read_rotation(policy)
    before = rotation.intermediate_generation
    concerned = clusters or tuple(each.name for each in rotation.clusters)
    highest = max([before, *(rotation.find_generation(each) for each in concerned)])
    return RaisedGeneration(
        policy=policy,
        before=highest if clusters else before,
        after=highest + 1,
        clusters=clusters,
    )


def plan_following(
    policies: tuple[Manifest, ...], *, generation: int | None, clusters: tuple[str, ...] = ()
) -> RaisedGeneration:
    """Return what somebody else writes: the generation given, or else the one that is there.

    Raises RootTrustError where nothing would come of it, or it is not one.
    """
    policy = choose_policy(policies)
    rotation = read_rotation(policy)
    found = {rotation.find_generation(each) for each in clusters}
    if len(found) > 1 and generation is None:
        raise InvalidSpecError(
            f"The clusters {list_some(clusters, most=5)} are asked for different generations: "
            "follow them one by one, or say which by --generation.",
            reason=Reason.INVALID_SPEC,
        )
    before = max(found, default=rotation.intermediate_generation)
    return RaisedGeneration(
        policy=policy, before=before, after=generation or before, clusters=clusters
    )


def check_clusters(raised: RaisedGeneration, policy: PolicyReport) -> None:
    """Raise InvalidSpecError for a cluster in which the policy has no mesh, such as a slip.

    A status that has no room for all meshes cannot tell.
    """
    known = {each.cluster for each in policy.meshes}
    unknown = tuple(each for each in raised.clusters if each not in known)
    if unknown and policy.meshes_total <= len(policy.meshes):
        listed = list_some(tuple(sorted(known)), most=5) if known else "none"
        raise InvalidSpecError(
            f"{raised.full_name} has no mesh in {list_some(unknown, most=5)}: its clusters are "
            f"{listed}.",
            reason=Reason.INVALID_SPEC,
        )


def _build_entry(entry: ClusterGeneration) -> dict[str, Any]:
    return entry.model_dump(mode="json", by_alias=True)


def choose_policy(policies: tuple[Manifest, ...]) -> Manifest:
    """Return the one policy that is meant; raises RootTrustError where nothing would come of it."""
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
            f"{get_full_name(policy)} has management.mode: Observe, so the operator would change "
            "nothing: set Manage first.",
            reason=Reason.CHANGES_PENDING,
        )
    return policy
