"""Somebody who copies blocks of kubectl alone."""

from __future__ import annotations

import os
from pathlib import Path

from testbed import Cluster, Testbed
from tests.integration.reader import Reader


def prepare_kubectl_reader(folder: Path, *, bed: Testbed, cluster: Cluster) -> Reader:
    """Return one whose shell finds `kubectl`, for one cluster."""
    environment = {
        "PATH": f"{bed.tools()}:{os.environ['PATH']}",
        "HOME": str(folder),
        "KUBECONFIG": str(cluster.kubeconfig),
    }
    return Reader(folder=folder, environment=environment)
