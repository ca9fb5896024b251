"""What the real parts say, for whoever has to understand a failure afterwards."""

from collections.abc import Sequence

from testbed.bed import Testbed
from testbed.cluster import Cluster
from testbed.command import CommandError
from testbed.programs import tail
from testbed.status import describe


def build_report(bed: Testbed, *, kinds: Sequence[str] = ()) -> str:
    """Say what is up, with each cluster's events, objects of these kinds, and the logs' ends."""
    sections = [describe(bed)]
    for cluster in bed.clusters.values():
        sections.append(_ask(cluster, "events", "--sort-by=.metadata.creationTimestamp"))
        if cluster.has_node:
            sections.append(_ask(cluster, "pods", "-o=wide"))
        sections += [
            _ask(cluster, kind, "-o=yaml", "--show-managed-fields=false") for kind in kinds
        ]
        sections += [f"== {name} ==\n{tail(log)}" for name, log in cluster.pod_logs().items()]
    sections += [bed.logs(name) for name in (*bed.clusters, *bed.vaults)]
    return "\n\n".join(sections)


def _ask(cluster: Cluster, kind: str, *words: str) -> str:
    """Give kubectl's answer, or its complaint: a report tells what it can."""
    try:
        answer = cluster.kubectl("get", kind, "-A", "--request-timeout=5s", *words).stdout
    except CommandError as error:
        answer = str(error)
    return f"== {cluster.name}: {kind} ==\n{answer.rstrip() or 'none'}"
