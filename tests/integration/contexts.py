"""One kubeconfig for several clusters, as people have it: a context for each, by its name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from testbed import Cluster, kubeconfig


def write_contexts(path: Path, clusters: Sequence[Cluster]) -> Path:
    """Write it; the first cluster is the current one."""
    path.touch(mode=0o600)
    path.write_text(kubeconfig.merge([each.kubeconfig.read_text() for each in clusters]))
    return path
