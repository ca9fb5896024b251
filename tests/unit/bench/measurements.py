"""Measurements that were never made."""

from __future__ import annotations

from tests.bench.counts import (
    KUBERNETES_WRITES,
    RECONCILES,
    VAULT_LOGINS,
    VAULT_REQUESTS,
    Counts,
)
from tests.bench.floor import Floor
from tests.bench.results import Cpu, Measurement, Pass, Repair, Restart, Start

FLOOR = Floor(seconds=2.0, concurrency=8)
STATUS = "roottrustpolicies.admin.gloo.solo.io"


def build_counts(**values: float) -> Counts:
    """Return counters of a fleet of ten; a name stands for method and path class."""
    labels = {
        "reads_of_mounts": (VAULT_REQUESTS, {"method": "GET", "path_class": "sys/mounts"}),
        "reads_of_root": (VAULT_REQUESTS, {"method": "GET", "path_class": "secrets-engine"}),
        "reads_of_policies": (VAULT_REQUESTS, {"method": "GET", "path_class": "sys/policies"}),
        "lists_of_roles": (VAULT_REQUESTS, {"method": "LIST", "path_class": "auth"}),
        "writes": (VAULT_REQUESTS, {"method": "POST", "path_class": "auth"}),
        "logins": (VAULT_LOGINS, {"method": "kubernetes"}),
        "statuses": (KUBERNETES_WRITES, {"kind": STATUS}),
        "events": (KUBERNETES_WRITES, {"kind": "events"}),
        "reconciles": (RECONCILES, {"result": "ok"}),
    }
    return Counts(
        {(labels[key][0], frozenset(labels[key][1].items())): values[key] for key in values}
    )


def build_measurement(count: int, *, seconds: float = 4.0, peak_mb: float = 100) -> Measurement:
    """Return one that meets every aim unless told."""
    idle = build_counts(reads_of_mounts=2, reads_of_root=1, reads_of_policies=3 * count)
    start = build_counts(
        writes=5 * count + 1, reads_of_policies=4 * count, logins=1, statuses=count, events=count
    )
    return Measurement(
        count=count,
        start=Start(
            floor=FLOOR,
            seconds=seconds,
            process_seconds=seconds + 1,
            counts=start,
            cpu=Cpu(operator=1, vault=1, kubernetes=1),
        ),
        idle=Pass(floor=FLOOR, seconds=1, counts=idle),
        repair=Repair(objects=20, seconds=1),
        restart=Restart(seconds=1, counts=build_counts(writes=1, logins=1)),
        statuses=FLOOR,
        peak_mb=peak_mb,
    )
