"""One kubeconfig for several clusters, as people have it: a context for each, by its name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from testbed import Cluster


def write_contexts(path: Path, clusters: Sequence[Cluster]) -> Path:
    """Write it; the first cluster is the current one."""
    contents = [yaml.safe_load(each.kubeconfig.read_text()) for each in clusters]
    merged = {**contents[0], "current-context": clusters[0].name}
    for section in ("clusters", "users", "contexts"):
        merged[section] = [entry for content in contents for entry in content[section]]
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(merged))
    return path
