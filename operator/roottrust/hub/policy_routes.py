"""Which policies a change concerns: that of a policy its rivals, of a mesh those who select it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roottrust.domain.issuance_plan import read_owner
from roottrust.hub.claim_book import ClaimBook
from roottrust.hub.kinds import ISSUED_CERTIFICATES, MESHES, POLICIES
from roottrust.hub.policy_homes import PolicyHomes
from roottrust.hub.policy_key import build_policy_key
from roottrust.runtime.store import ObjectKey, ObjectStore

Manifest = Mapping[str, Any]


class PolicyRoutes:
    """Finds them by what policies claim; `cluster` is the one that the store is filled from."""

    def __init__(
        self, store: ObjectStore, *, homes: PolicyHomes, claims: ClaimBook, cluster: str
    ) -> None:
        self._store = store
        self._homes = homes
        self._claims = claims
        self._cluster = cluster

    def find_concerned(self, key: ObjectKey, before: Manifest | None) -> frozenset[ObjectKey]:
        """Return the policies to look at; `before` is the object as it was, if that is known."""
        now = self._store.get_by_key(key)
        if key.kind == POLICIES:
            return self._claims.outdate(key) | {key}
        if key.kind == MESHES and _has_other_spec(before, now):
            self._claims.outdate_all()
            return self._homes.list_keys()
        return self.find_concerned_in(self._cluster, key, before=before, now=now)

    def find_concerned_in(
        self, cluster: str, key: ObjectKey, *, before: Manifest | None, now: Manifest | None
    ) -> frozenset[ObjectKey]:
        """Return the policies to look at for an object of any cluster that none selects by."""
        if key.kind == ISSUED_CERTIFICATES:
            selecting = self._find_selecting(cluster, key.namespace, key.name)
            return selecting | self._find_owners(cluster, before, now)
        return self._find_selecting(cluster, _get_istiods_namespace(now or {}), key.name)

    def _find_selecting(self, cluster: str, namespace: str, mesh: str) -> frozenset[ObjectKey]:
        return self._claims.find_policies_of(cluster, namespace=namespace, mesh=mesh)

    def _find_owners(self, cluster: str, *manifests: Manifest | None) -> frozenset[ObjectKey]:
        """Return whose marks these bear; one of a workload cluster is at home there alone."""
        marks = [read_owner(each) for each in manifests if each is not None]
        policies = [mark.policy for mark in marks if mark is not None]
        keys = [build_policy_key(each) for each in policies if each.cluster in {"", cluster}]
        return frozenset(key for key in keys if self._homes.get(key) is not None)


def _has_other_spec(before: Manifest | None, now: Manifest | None) -> bool:
    """Whether what policies select by has changed, as far as is known."""
    return before is None or now is None or before.get("spec") != now.get("spec")


def _get_istiods_namespace(mesh: Manifest) -> str:
    installation = ((mesh.get("spec") or {}).get("istio") or {}).get("installation") or {}
    return str(installation.get("namespace") or "")
