"""What the operator has counted, as its /metrics tells."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

VAULT_REQUESTS = "roottrust_vault_requests_total"
VAULT_LOGINS = "roottrust_vault_logins_total"
KUBERNETES_WRITES = "roottrust_kubernetes_writes_total"
RECONCILES = "roottrust_reconciles_total"
BUGS = "roottrust_bugs_total"

_READS = frozenset({"GET", "LIST"})
_SHARED = frozenset({"sys/mounts", "sys/auth"})
_OF_ROOT = frozenset({"secrets-engine"})
_OF_CLUSTER = frozenset({"auth", "sys/policies"})


@dataclass(frozen=True)
class Counts:
    """Counters by name and labels."""

    values: dict[tuple[str, frozenset[tuple[str, str]]], float]

    def __sub__(self, before: Self) -> Counts:
        return Counts(
            {key: value - before.values.get(key, 0) for key, value in self.values.items()}
        )

    def sum(self, name: str, **labels: str) -> int:
        """Add up all counters of a name that have these labels."""
        wanted = labels.items()
        found = (
            value for (each, has), value in self.values.items() if each == name and wanted <= has
        )
        return round(sum(found))

    @property
    def vault_requests(self) -> int:
        """All requests to Vault, logins and questions for its health among them."""
        return self.sum(VAULT_REQUESTS)

    @property
    def vault_writes(self) -> int:
        """The requests to Vault that change something there; a login is none of them."""
        reads = sum(self.sum(VAULT_REQUESTS, method=each) for each in _READS)
        return self.vault_requests - reads - self.sum(VAULT_LOGINS)

    @property
    def vault_reads_of_sweep(self) -> int:
        """The reads that all policies share."""
        return self._count_reads(_SHARED)

    @property
    def vault_reads_of_roots(self) -> int:
        """The reads of roots, one for all policies that share one."""
        return self._count_reads(_OF_ROOT)

    @property
    def vault_reads_of_clusters(self) -> int:
        """The reads that are for one cluster each."""
        return self._count_reads(_OF_CLUSTER)

    @property
    def kubernetes_writes(self) -> int:
        """The writes of statuses and Events."""
        return self.sum(KUBERNETES_WRITES)

    def _count_reads(self, path_classes: Iterable[str]) -> int:
        return sum(
            self.sum(VAULT_REQUESTS, method=method, path_class=path_class)
            for method in _READS
            for path_class in path_classes
        )


def fetch_counts(port: int, names: Iterable[str] = ()) -> Counts:
    """Ask an operator on this machine."""
    query = urlencode([("name[]", name) for name in names])
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics?{query}", timeout=30) as answer:
        text = answer.read().decode()
    families = text_string_to_metric_families(text)
    return Counts({_key(each): each.value for family in families for each in family.samples})


def _key(sample: Sample) -> tuple[str, frozenset[tuple[str, str]]]:
    return sample.name, frozenset(sample.labels.items())
