"""What all policies ask for, kept so that the older of two can be found without asking Vault."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from roottrust.api.choices import RootSource
from roottrust.domain.errors import RootTrustError
from roottrust.domain.precedence import Claim, find_root_owner, list_paths
from roottrust.domain.target import MeshTarget
from roottrust.hub.policy_homes import PolicyHomes
from roottrust.hub.policy_object import PolicyObject
from roottrust.runtime.store import ObjectKey

Place = tuple[str, ...]


class ClaimBook:
    """The claims of all policies that can be accepted, found by cluster, path and root."""

    def __init__(self, homes: PolicyHomes, *, read: Callable[[PolicyObject], Claim]) -> None:
        self._homes = homes
        self._read = read
        self._claims: dict[ObjectKey, Claim] = {}
        self._meshes: dict[ObjectKey, Mapping[str, tuple[MeshTarget, ...]]] = {}
        self._places: defaultdict[Place, set[ObjectKey]] = defaultdict(set)
        self._owners: dict[Place, Claim] = {}
        self._stale: set[ObjectKey] | None = None

    def outdate(self, key: ObjectKey) -> frozenset[ObjectKey]:
        """Read a policy that was edited or deleted again; return those that this may concern."""
        if self._stale is None:
            return frozenset()  # nobody has asked yet
        before = self._claims.get(key)
        owner_before = self._find_owner(before)
        self._stale.add(key)
        self._catch_up()
        after = self._claims.get(key)
        concerned = self._find_contested(before) | self._find_contested(after)
        if owner_before != self._find_owner(before):
            concerned |= self._find_on_root(before)
        if after is not None and self._find_owner(after) is after:
            concerned |= self._find_on_root(after)
        # What a workload cluster asks for is nothing to any policy but its own.
        near = {each for each in concerned if key.cluster in {"", each.cluster}}
        return frozenset(near - {key})

    def outdate_all(self) -> None:
        """Read all policies again: clusters or meshes have changed."""
        self._stale = None

    def find_policies_of(self, cluster: str, *, namespace: str, mesh: str) -> frozenset[ObjectKey]:
        """Return the policies that select a mesh."""
        self._catch_up()
        return frozenset(
            key
            for key in self._places.get(_get_place_of(cluster), ())
            for one in self._meshes[key].get(cluster, ())
            if (one.namespace, one.name) == (namespace, mesh)
        )

    def list_clusters(self, policy: ObjectKey) -> frozenset[str]:
        """Return the clusters that a policy selects meshes of."""
        self._catch_up()
        claim = self._claims.get(policy)
        return frozenset(each.cluster for each in claim.target.clusters) if claim else frozenset()

    def list_beside(self, claim: Claim) -> tuple[Claim, ...]:
        """Return the claims on the same clusters or paths, and that of the same root's owner."""
        self._catch_up()
        rivals = tuple(self._claims[key] for key in self._find_contested(claim))
        owner = self._find_owner(claim)
        return rivals if owner is None else (*rivals, owner)

    def find_owner(self, claim: Claim) -> Claim | None:
        """Return the claim of the policy that owns the root of another one, or of its own."""
        self._catch_up()
        return self._find_owner(claim)

    def list_sharing(self, claim: Claim) -> tuple[Claim, ...]:
        """Return the claims of all policies that share a root."""
        self._catch_up()
        return tuple(self._claims[key] for key in self._find_on_root(claim))

    def find_maker(self, claim: Claim) -> Claim | None:
        """Return the claim of another policy that is to make the root; None if there is none."""
        owner = self.find_owner(claim)
        if owner is None or owner.policy == claim.policy:
            return None
        return None if owner.target.root.source is RootSource.EXISTING else owner

    def _find_contested(self, claim: Claim | None) -> frozenset[ObjectKey]:
        places = _list_contested(claim) if claim else []
        return frozenset(key for place in places for key in self._places.get(place, ()))

    def _find_on_root(self, claim: Claim | None) -> frozenset[ObjectKey]:
        return frozenset(self._places.get(_get_root(claim), ())) if claim else frozenset()

    def _find_owner(self, claim: Claim | None) -> Claim | None:
        place = _get_root(claim) if claim else None
        sharing = self._places.get(place) if place else None
        if not place or not sharing:
            return None
        if place not in self._owners:
            able = [self._claims[key] for key in sharing if not key.cluster]
            if not able:
                return None
            self._owners[place] = find_root_owner(able)
        return self._owners[place]

    def _catch_up(self) -> None:
        if self._stale is None:
            self._claims.clear()
            self._meshes.clear()
            self._places.clear()
            self._owners.clear()
            self._stale = set(self._homes.list_keys())
        while self._stale:
            self._read_one(self._stale.pop())

    def _read_one(self, key: ObjectKey) -> None:
        before = self._claims.pop(key, None)
        self._meshes.pop(key, None)
        for place in _list_places(before) if before else ():
            self._places[place].discard(key)
            self._forget_owner(place, key)
        policy = self._homes.read(key)
        if policy is None:
            return
        try:
            if policy.is_deleted and not policy.has_finalizer:
                return  # nothing of it is in the way of others any more
            claim = self._read(policy)
        except RootTrustError:
            return  # one that is not accepted claims nothing
        self._claims[key] = claim
        self._meshes[key] = {each.cluster: each.meshes for each in claim.target.clusters}
        for place in _list_places(claim):
            self._places[place].add(key)
            self._forget_owner(place, key)

    def _forget_owner(self, place: Place, key: ObjectKey) -> None:
        """Look for it anew, which may take a look at thousands; in workload clusters is none."""
        if not key.cluster:
            self._owners.pop(place, None)


def _list_places(claim: Claim) -> list[Place]:
    return [*_list_contested(claim), _get_root(claim)]


def _list_contested(claim: Claim) -> list[Place]:
    """Return what no two policies can have: meshes of a cluster, and paths in Vault."""
    target = claim.target
    clusters = [_get_place_of(each.cluster) for each in target.clusters]
    where = (target.server, target.namespace or "")
    return clusters + [("path", *where, path) for path in list_paths(target)]


def _get_place_of(cluster: str) -> Place:
    return ("cluster", cluster)


def _get_root(claim: Claim) -> Place:
    server, namespace, mount = claim.root
    return ("root", server, namespace or "", mount)
