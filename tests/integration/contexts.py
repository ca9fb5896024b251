"""One kubeconfig for several clusters, as people have it: a context for each, by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from testbed import Cluster, kubeconfig


def write_contexts(path: Path, clusters: Sequence[Cluster]) -> Path:
    """Write it; the first cluster is the current one."""
    path.touch(mode=0o600)
    path.write_text(kubeconfig.merge([each.kubeconfig.read_text() for each in clusters]))
    return path


def name_contexts(path: Path, names: Mapping[str, str]) -> None:
    """Have contexts by other names beside those that are there."""
    content = yaml.safe_load(path.read_text())
    known = {each["name"]: each for each in content["contexts"]}
    content["contexts"] += [{**known[of], "name": name} for name, of in names.items()]
    path.write_text(yaml.safe_dump(content))
