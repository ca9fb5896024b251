"""Whether a cluster is heard: until then, what it lacks is no evidence of anything."""

from __future__ import annotations

from roottrust.domain.target import ClusterTarget
from roottrust.hub.cluster_registry import ClusterRegistry


def find_silence(clusters: ClusterRegistry, cluster: ClusterTarget) -> str | None:
    """Return why a cluster is not heard as a sentence, None if it is."""
    if cluster.trouble is not None:
        return cluster.trouble.describe(cluster.cluster)
    objects = clusters.get_objects(cluster.cluster)
    is_read = objects is not None and objects.is_complete
    return None if is_read else f"{cluster.cluster} is still being read."
