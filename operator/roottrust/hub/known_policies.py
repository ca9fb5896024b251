"""Which policies exist now: whose marks in Vault are those of somebody, and whose of nobody."""

from __future__ import annotations

from collections.abc import Container

from roottrust.hub.kinds import POLICIES
from roottrust.runtime.store import ObjectStore


class KnownPolicies(Container[str]):
    """The full names of all policies, looked up where they are watched instead of listed anew."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def __contains__(self, full_name: object) -> bool:
        """Whether there is such a policy; one that is being deleted still is."""
        namespace, _, name = str(full_name).partition("/")
        return self._store.get(POLICIES, namespace=namespace, name=name) is not None
