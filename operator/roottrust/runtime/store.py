"""The objects we watch, as last seen: filled by a list, kept by events."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from roottrust.kube.kind import ResourceKind
from roottrust.kube.managed_fields import drop_managed_fields
from roottrust.runtime.shared_words import share_words

Object = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, order=True)
class ObjectKey:
    """What identifies an object of one cluster.

    `cluster` names a registered one where several are told apart; a store of one cluster has none.
    """

    kind: ResourceKind
    namespace: str
    name: str
    cluster: str = ""

    def __str__(self) -> str:
        place = f"{self.kind}/{self.namespace}/{self.name}"
        return f"{self.cluster}:{place}" if self.cluster else place


class ObjectStore:
    """Objects of one cluster by kind, namespace and name; nothing is planned before it is synced.

    Without that, a child that was not listed yet would look deleted.
    """

    def __init__(
        self, kinds: Iterable[ResourceKind], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._objects: dict[ResourceKind, dict[ObjectKey, Object]] = {kind: {} for kind in kinds}
        self._listed: set[ResourceKind] = set()
        self._last_event_at: dict[ResourceKind, float] = {}
        self._event_counts: Counter[ResourceKind] = Counter()
        self._change_counts: Counter[ResourceKind] = Counter()

    @property
    def kinds(self) -> tuple[ResourceKind, ...]:
        """The kinds that are stored."""
        return tuple(self._objects)

    @property
    def synced(self) -> bool:
        """Whether all kinds were listed once."""
        return self._listed == set(self._objects)

    def get(self, kind: ResourceKind, *, namespace: str, name: str) -> Object | None:
        """Return an object, None if it is not there."""
        return self._objects[kind].get(ObjectKey(kind=kind, namespace=namespace, name=name))

    def get_by_key(self, key: ObjectKey) -> Object | None:
        """Return an object, None if it is not there."""
        return self._objects[key.kind].get(key)

    def list(self, kind: ResourceKind, *, namespace: str | None = None) -> tuple[Object, ...]:
        """Return the objects of a kind, ordered by namespace and name."""
        found = self._objects[kind]
        return tuple(
            found[key] for key in sorted(found) if namespace is None or key.namespace == namespace
        )

    def keys(self, kind: ResourceKind) -> frozenset[ObjectKey]:
        """Return the keys of all objects of a kind."""
        return frozenset(self._objects[kind])

    def get_event_age(self, kind: ResourceKind) -> float:
        """Return the seconds since the kind was last listed or had an event."""
        at = self._last_event_at.get(kind)
        return 0.0 if at is None else self._clock() - at

    def count_events(self, kind: ResourceKind) -> int:
        """Return how many events the kind had: while it rises, its watch is alive."""
        return self._event_counts[kind]

    def count_changes(self, kind: ResourceKind) -> int:
        """Return a number that is another one once an object of a kind is."""
        return self._change_counts[kind]

    def get_versions(self, kind: ResourceKind) -> dict[ObjectKey, str]:
        """Return the resourceVersion of each object of a kind."""
        return {key: get_version(found) for key, found in self._objects[kind].items()}

    def replace(
        self, kind: ResourceKind, objects: Iterable[Object], *, known: Mapping[ObjectKey, str]
    ) -> frozenset[ObjectKey]:
        """Take over a complete list of a kind; return the keys that it changed.

        `known` is `get_versions` of before the list was asked for: what came in by events since
        then is not on the list and must stay.
        """
        listed = {build_key(kind, found): found for found in objects}
        now = self.get_versions(kind)
        gone = {key for key, version in known.items() if now.get(key) == version} - listed.keys()
        for key in gone:
            self._remove(key)
        changed = {key for key, found in listed.items() if self._put(key, found)}
        self._listed.add(kind)
        self._last_event_at[kind] = self._clock()
        return frozenset(gone | changed)

    def apply_event(
        self, kind: ResourceKind, event_type: str | None, found: Object
    ) -> ObjectKey | None:
        """Take over one event of a watch; return the key if that changed anything.

        Events that are older than what is stored are ignored.
        """
        self._last_event_at[kind] = self._clock()
        self._event_counts[kind] += 1
        key = build_key(kind, found)
        if event_type != "DELETED":
            return key if self._put(key, found) else None
        known = self._objects[kind].get(key)
        if known is None or _is_older(found, known):
            return None
        self._remove(key)
        return key

    def add(self, kind: ResourceKind, found: Object) -> None:
        """Take over an object that a write of ours has made, before its watch tells it.

        It is no sign that the watch is alive.
        """
        self._put(build_key(kind, found), found)

    def take_over(self, kind: ResourceKind, found: Object) -> None:
        """Take over what a write of ours has made of an object, before its watch tells it.

        Unless the watch has told meanwhile that it is gone: nothing would tell that again.
        """
        key = build_key(kind, found)
        known = self._objects[kind].get(key)
        if known is not None and _get_uid(known) == _get_uid(found):
            self._put(key, found)

    def drop(self, kind: ResourceKind, *, namespace: str, name: str, uid: str) -> None:
        """Forget an object that a write of ours has removed, before its watch tells it.

        One that starts after the removal never does.
        """
        key = ObjectKey(kind=kind, namespace=namespace, name=name)
        known = self._objects[kind].get(key)
        if known is not None and _get_uid(known) == uid:
            self._remove(key)

    def _remove(self, key: ObjectKey) -> None:
        del self._objects[key.kind][key]
        self._change_counts[key.kind] += 1

    def _put(self, key: ObjectKey, found: Object) -> bool:
        known = self._objects[key.kind].get(key)
        if known is not None and (_is_older(found, known) or _is_same(found, known)):
            return False
        self._objects[key.kind][key] = share_words(drop_managed_fields(found))
        self._change_counts[key.kind] += 1
        return True


def build_key(kind: ResourceKind, found: Object) -> ObjectKey:
    """Return the key of an object."""
    metadata = found["metadata"]
    return ObjectKey(kind=kind, namespace=metadata.get("namespace", ""), name=metadata["name"])


def get_version(found: Object) -> str:
    """Return the resourceVersion of an object."""
    return str(found["metadata"].get("resourceVersion", ""))


def _get_uid(found: Object) -> str | None:
    uid: str | None = found["metadata"].get("uid")
    return uid


def is_at_least(version: str, other: str) -> bool:
    """Whether a resourceVersion is as new as another; unlike ones that are no numbers are not."""
    if version.isdecimal() and other.isdecimal():
        return int(version) >= int(other)
    return version == other


def _is_same(found: Object, known: Object) -> bool:
    return get_version(found) != "" and get_version(found) == get_version(known)


def _is_older(found: Object, known: Object) -> bool:
    new, old = get_version(found), get_version(known)
    return new.isdecimal() and old.isdecimal() and int(new) < int(old)
