"""A cluster that takes anything as our kinds: no schema of ours stands before the hub."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import yaml

from testbed import Cluster
from tests.session import CRDS


@contextmanager
def without_schemas(cluster: Cluster) -> Iterator[None]:
    """Have a cluster accept anything as our kinds, which its administrator can."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    definitions = []
    for path in sorted(CRDS.glob("*.yaml")):
        definition = yaml.safe_load(path.read_text())
        for version in definition["spec"]["versions"]:
            version["schema"] = {"openAPIV3Schema": anything}
            version["additionalPrinterColumns"] = []
        definitions.append(definition)
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": definitions})
    cluster.kubectl("replace", "-f", "-", input=listed)
    try:
        yield
    finally:
        cluster.kubectl("replace", "-f", CRDS)
