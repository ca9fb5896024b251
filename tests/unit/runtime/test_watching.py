from __future__ import annotations

import pytest

from roottrust.kube.kind import CONFIG_MAPS, NAMESPACES
from roottrust.runtime.watching import WatchedKind, merge_watched

NAMED = WatchedKind(resource=CONFIG_MAPS, field_selector="metadata.name=a")


def test_what_two_roles_watch_alike_is_watched_once() -> None:
    both = WatchedKind(resource=NAMESPACES)
    assert merge_watched([(both, NAMED), (both,)]) == (both, NAMED)


def test_one_kind_cannot_be_watched_in_two_ways() -> None:
    with pytest.raises(ValueError, match="configmaps"):
        merge_watched([(NAMED,), (WatchedKind(resource=CONFIG_MAPS),)])
