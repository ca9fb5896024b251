"""When a mesh asks for restarts: its roots have changed since its workloads were last restarted."""

from __future__ import annotations

from roottrust.domain.observed_trust import ObservedTrust


def is_restart_due(trust: ObservedTrust, restarted_for: tuple[str, ...]) -> bool:
    """Whether workloads may have other roots than those that istiod now publishes as pinned.

    The roots themselves count: another text of the same ones changes nothing for a workload.
    """
    return (
        trust.is_as_pinned
        and bool(restarted_for)
        and frozenset(restarted_for) != frozenset(trust.root_fingerprints)
    )


def find_first_sight(trust: ObservedTrust, restarted_for: tuple[str, ...]) -> tuple[str, ...]:
    """Return what workloads were restarted for: at first sight what is published is right.

    Without that, the first look at a mesh that has always been as it is would restart it.
    """
    return restarted_for or trust.root_fingerprints
