"""Which policies a change concerns: that of a policy its rivals, of a mesh those who select it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roottrust.domain.issuance_plan import read_owner
from roottrust.hub.claim_book import ClaimBook
from roottrust.hub.kinds import ISSUED_CERTIFICATES, POLICIES
from roottrust.runtime.store import ObjectKey, ObjectStore

Manifest = Mapping[str, Any]


class PolicyRoutes:
    """Finds them by what policies claim; `cluster` is the one that the store is filled from."""

    def __init__(self, store: ObjectStore, *, claims: ClaimBook, cluster: str) -> None:
        self._store = store
        self._claims = claims
        self._cluster = cluster

    def find_concerned(self, key: ObjectKey, before: Manifest | None) -> frozenset[ObjectKey]:
        """Return the policies to look at; `before` is the object as it was, if that is known."""
        now = self._store.get_by_key(key)
        if key.kind == POLICIES:
            return self._claims.outdate(key) | {key}
        if key.kind == ISSUED_CERTIFICATES:
            return self._find_selecting(key.namespace, key.name) | self._find_owners(before, now)
        if before is None or now is None or before.get("spec") != now.get("spec"):
            self._claims.outdate_all()
            return self._store.keys(POLICIES)
        return self._find_selecting(_get_istiods_namespace(now), key.name)

    def _find_selecting(self, namespace: str, mesh: str) -> frozenset[ObjectKey]:
        return self._claims.find_policies_of(self._cluster, namespace=namespace, mesh=mesh)

    def _find_owners(self, *manifests: Manifest | None) -> frozenset[ObjectKey]:
        marks = [read_owner(each) for each in manifests if each is not None]
        policies = [mark.policy for mark in marks if mark is not None]
        keys = [
            ObjectKey(kind=POLICIES, namespace=each.namespace, name=each.name) for each in policies
        ]
        return frozenset(keys) & self._store.keys(POLICIES)


def _get_istiods_namespace(mesh: Manifest) -> str:
    installation = ((mesh.get("spec") or {}).get("istio") or {}).get("installation") or {}
    return str(installation.get("namespace") or "")
