"""How often the pods of a cluster are looked at, and which."""

from __future__ import annotations

# Less often the more pods there are: a mesh that nobody restarts is looked at for ever.
LOOK_SECONDS = 10.0
POD_SECONDS = 0.02
LOOK_SECONDS_MAX = 300.0

# What has ended has no certificate, and trusts nothing any more.
ALIVE = "status.phase!=Succeeded,status.phase!=Failed"


def find_pod_pause(pods: int) -> float:
    """Return how long to wait before so many pods are listed again."""
    return min(LOOK_SECONDS + POD_SECONDS * pods, LOOK_SECONDS_MAX)
