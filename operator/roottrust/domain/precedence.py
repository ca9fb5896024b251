"""Which of several policies counts: the older one for a mesh, one owner for a root.

Claims are what all accepted policies ask for. The order is by age and then by name, so that every
look at the same policies comes to the same end, whoever is reconciled first. Policies of workload
clusters come after all others, by the names of their clusters: of their age those tell what they
like.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from roottrust.api.choices import RootSource
from roottrust.domain.desired import get_auth_path, get_policy_path
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.reasons import Reason
from roottrust.domain.target import ClusterTarget, VaultTarget


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What one policy asks for; `created_at` is its creationTimestamp (RFC 3339, so it sorts).

    `is_named_owner` says that the operator's configuration gives it the root.
    """

    policy: PolicyIdentity
    created_at: str
    target: VaultTarget
    is_named_owner: bool = False

    @property
    def rank(self) -> tuple[str, ...]:
        """The place in the order: the least counts."""
        return (
            self.policy.cluster,
            self.created_at,
            self.policy.namespace,
            self.policy.name,
        )

    @property
    def root_rank(self) -> tuple[bool, tuple[str, ...]]:
        """The place in the order of who owns the root."""
        return (not self.is_named_owner, self.rank)

    @property
    def root(self) -> tuple[str, str | None, str]:
        """The root mount, wherever it is."""
        return (self.target.server, self.target.namespace, self.target.root.mount)


def settle(claim: Claim, others: Iterable[Claim]) -> VaultTarget:
    """Return what is left of a policy's target beside the other policies.

    Raises InvalidSpecError when older policies have every mesh.
    """
    rivals = tuple(each for each in others if each.policy.full_name != claim.policy.full_name)
    target = _settle_root(_settle_clusters(claim, rivals), claim, rivals)
    return replace(target, taken=_find_taken(claim, rivals))


def list_paths(target: VaultTarget) -> tuple[str, ...]:
    """Return the paths that no two policies may have in one namespace of one Vault."""
    paths = (
        (each.intermediate_mount, get_auth_path(each.auth_mount), get_policy_path(each.role))
        for each in target.clusters
    )
    return tuple(path for each in paths for path in each if path is not None)


def _find_taken(claim: Claim, rivals: tuple[Claim, ...]) -> dict[str, str]:
    """Return the paths that older policies name: what nobody has yet is for the oldest to make."""
    wanted = frozenset(list_paths(claim.target))
    place = (claim.target.server, claim.target.namespace)
    older = sorted((each for each in rivals if each.rank < claim.rank), key=lambda each: each.rank)
    taken: dict[str, str] = {}
    for rival in older:
        if (rival.target.server, rival.target.namespace) != place:
            continue
        for path in wanted.intersection(list_paths(rival.target)):
            taken.setdefault(path, rival.policy.full_name)
    return taken


def _settle_clusters(claim: Claim, rivals: tuple[Claim, ...]) -> VaultTarget:
    older = tuple(each for each in rivals if each.rank < claim.rank)
    winners = {each.cluster: _find_winner(each, older) for each in claim.target.clusters}
    kept = tuple(each for each in claim.target.clusters if winners[each.cluster] is None)
    lost = {name: winner for name, winner in winners.items() if winner is not None}
    if not kept:
        names = ", ".join(sorted({winner.full_name for winner in lost.values()}))
        raise InvalidSpecError(
            f"The older policy {names} is for the same meshes: select others, or delete one of "
            "the policies.",
            reason=Reason.SELECTED_BY_OLDER_POLICY,
        )
    warnings = tuple(
        f"The meshes of {name} are left to the older policy {winner.full_name}: select them by one "
        "policy alone."
        for name, winner in lost.items()
    )
    return replace(claim.target, clusters=kept, warnings=claim.target.warnings + warnings)


def _find_winner(cluster: ClusterTarget, older: tuple[Claim, ...]) -> PolicyIdentity | None:
    winners = (
        each.policy
        for each in sorted(older, key=lambda each: each.rank)
        if any(_overlaps(cluster, theirs) for theirs in each.target.clusters)
    )
    return next(winners, None)


def _overlaps(mine: ClusterTarget, theirs: ClusterTarget) -> bool:
    """Whether two policies are for one mesh; before it is seen, its namespace stands for it."""
    if mine.cluster != theirs.cluster:
        return False
    if mine.meshes and theirs.meshes:
        return not set(mine.meshes).isdisjoint(theirs.meshes)
    return not set(mine.namespaces).isdisjoint(theirs.namespaces)


def _settle_root(target: VaultTarget, claim: Claim, rivals: tuple[Claim, ...]) -> VaultTarget:
    owner = find_root_owner((claim, *(each for each in rivals if _may_own_root(each, claim.root))))
    if owner is claim:
        return target
    root = target.root
    warnings = target.warnings
    issuer = root.issuer or owner.target.root.issuer
    if claim.policy.is_remote:
        issuer = owner.target.root.issuer  # which one signs is the owner's business
    if root.source is not RootSource.EXISTING:
        issuer = owner.target.root.issuer  # its own is the one that it would have made
        whose = f"The root at {root.mount}/ belongs to RootTrustPolicy {owner.policy.full_name}"
        warnings += (f"{whose}: management.root of this policy does not count.",)
    shared = replace(
        root,
        source=RootSource.EXISTING,
        issuer=issuer,
        secret=None,
        owner=None
        if owner.target.root.source is RootSource.EXISTING
        else f"RootTrustPolicy {owner.policy.full_name}",
    )
    return replace(target, root=shared, warnings=warnings)


def _may_own_root(claim: Claim, root: tuple[str, str | None, str]) -> bool:
    """Whether a policy may say for others what their root is: none of a workload cluster may."""
    return claim.root == root and not claim.policy.is_remote


def find_root_owner(sharing: Iterable[Claim]) -> Claim:
    """Return whose root it is, of the policies that share it: the one named, or else the oldest."""
    return min(sharing, key=lambda each: each.root_rank)
