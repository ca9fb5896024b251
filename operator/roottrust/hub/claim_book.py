"""What all policies ask for, kept so that the older of two can be found without asking Vault."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from roottrust.domain.errors import RootTrustError
from roottrust.domain.precedence import Claim
from roottrust.hub.kinds import POLICIES
from roottrust.hub.policy_object import PolicyObject, read_policy
from roottrust.runtime.store import ObjectKey, ObjectStore

Place = tuple[str, ...]


class ClaimBook:
    """The claims of all policies that can be accepted, found by cluster and by root."""

    def __init__(self, store: ObjectStore, *, read: Callable[[PolicyObject], Claim]) -> None:
        self._store = store
        self._read = read
        self._claims: dict[ObjectKey, Claim] = {}
        self._places: defaultdict[Place, set[ObjectKey]] = defaultdict(set)
        self._stale: set[ObjectKey] | None = None

    def outdate(self, key: ObjectKey) -> frozenset[ObjectKey]:
        """Read a policy that was edited or deleted again; return those that its claim met."""
        met = self._find_beside(key)
        if self._stale is not None:
            self._stale.add(key)
            self._catch_up()
        return (met | self._find_beside(key)) - {key}

    def outdate_all(self) -> None:
        """Read all policies again: clusters or meshes have changed."""
        self._stale = None

    def list_beside(self, claim: Claim) -> tuple[Claim, ...]:
        """Return the claims on the same clusters or the same root."""
        self._catch_up()
        keys = {key for place in _list_places(claim) for key in self._places.get(place, ())}
        return tuple(self._claims[key] for key in keys)

    def _find_beside(self, key: ObjectKey) -> frozenset[ObjectKey]:
        claim = self._claims.get(key)
        places = _list_places(claim) if claim else ()
        return frozenset(other for place in places for other in self._places.get(place, ()))

    def _catch_up(self) -> None:
        if self._stale is None:
            self._claims.clear()
            self._places.clear()
            self._stale = set(self._store.keys(POLICIES))
        while self._stale:
            self._read_one(self._stale.pop())

    def _read_one(self, key: ObjectKey) -> None:
        before = self._claims.pop(key, None)
        for place in _list_places(before) if before else ():
            self._places[place].discard(key)
        manifest = self._store.get_by_key(key)
        if manifest is None:
            return
        try:
            claim = self._read(read_policy(manifest))
        except RootTrustError:
            return  # one that is not accepted claims nothing
        self._claims[key] = claim
        for place in _list_places(claim):
            self._places[place].add(key)


def _list_places(claim: Claim) -> Iterable[Place]:
    clusters = [("cluster", each.cluster) for each in claim.target.clusters]
    server, namespace, mount = claim.root
    return [*clusters, ("root", server, namespace or "", mount)]
