"""The floor: what the hub wrote for all clusters, written once more by a bare client.

It knows beforehand what to send, and sends the writes of one cluster one after the other.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from testbed import Cluster, Vault
from tests.bench import bare_vault, fleet
from tests.bench.bare_kubernetes import BareKubernetes
from tests.bench.bare_vault import BareVault, run_at_once
from tests.bench.clusters.places import get_mesh, get_namespace
from tests.bench.floor import CONCURRENCIES, Floor
from tests.bench.requests_of_fleet import Write, build_requests
from tests.bench.site import make_token

CERTIFICATES = "/apis/internal.gloo.solo.io/v2/issuedcertificates"

_MANAGER = "roottrust-hub-issuance"


@dataclass(frozen=True, kw_only=True)
class Written:
    """What the hub wrote for one cluster: into Vault in this order, and then its certificate."""

    cluster: str
    vault: tuple[Write, ...]
    certificate: Mapping[str, Any]


async def read_written(
    admin: BareVault, kubernetes: BareKubernetes, names: Iterable[str]
) -> tuple[Written, ...]:
    """Read it from where it was written."""
    mounts = await admin.read_data("sys/auth")
    certificates = await kubernetes.list_all(CERTIFICATES)
    known = {each["metadata"]["name"]: each for each in certificates}
    found = []
    for name in names:
        writes = await _read_vault(admin, name, mounts)
        certificate = build_certificate(known[get_mesh(name)])
        found.append(Written(cluster=name, vault=writes, certificate=certificate))
    return tuple(found)


async def measure_floor(
    vault: Vault, cluster: Cluster, kubernetes: BareKubernetes, written: tuple[Written, ...]
) -> Floor:
    """Return the shortest time for all of it; Vault and all clusters are empty again then."""
    root = _build_root(cluster)
    found = []
    for concurrency in CONCURRENCIES:
        vault.restart()
        await remove_certificates(kubernetes, (each.cluster for each in written))
        async with bare_vault.connect(vault) as admin:
            token = await make_token(admin)
        async with bare_vault.connect(vault, token=token) as client:
            started = time.monotonic()
            await _write_all(client, root)
            write = partial(_write_one, client, kubernetes)
            await run_at_once(written, write, concurrency=concurrency)
            found.append(Floor(seconds=time.monotonic() - started, concurrency=concurrency))
    vault.restart()
    await remove_certificates(kubernetes, (each.cluster for each in written))
    return min(found, key=lambda each: each.seconds)


async def remove_certificates(kubernetes: BareKubernetes, names: Iterable[str]) -> None:
    """Remove the IssuedCertificates of clusters."""

    async def remove(name: str) -> None:
        await kubernetes.delete_all(_get_path(name))

    await run_at_once(names, remove, concurrency=max(CONCURRENCIES))


def build_certificate(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is applied to have this IssuedCertificate."""
    metadata = found["metadata"]
    kept = {key: metadata[key] for key in ("name", "namespace", "labels", "annotations")}
    kinds = {key: found[key] for key in ("apiVersion", "kind")}
    return {**kinds, "metadata": kept, "spec": found["spec"]}


async def _read_vault(admin: BareVault, name: str, mounts: Mapping[str, Any]) -> tuple[Write, ...]:
    mount, role = f"kube-{name}-mesh-auth", f"gen-int-ca-istio-{name}-mesh"
    known = mounts[f"{mount}/"]
    policy = await admin.read_data(f"sys/policies/acl/{role}")
    paths = (f"auth/{mount}/config", f"auth/{mount}/role/{role}")
    config, login = [(path, keep_set(await admin.read_data(path))) for path in paths]
    return (
        (f"sys/auth/{mount}", {key: known[key] for key in ("type", "description")}),
        config,
        (f"sys/policies/acl/{role}", {"policy": policy["policy"]}),
        login,
    )


def keep_set(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what somebody has set: Vault also shows what nobody has."""
    return {name: value for name, value in data.items() if value}


def _build_root(cluster: Cluster) -> tuple[Write, ...]:
    ca_pem = cluster.ca_file.read_text(encoding="utf-8")
    one = fleet.MadeUpClusters(1, kubernetes_host=cluster.server, kubernetes_ca_pem=ca_pem)
    return build_requests(one.list_clusters()).root


async def _write_one(client: BareVault, kubernetes: BareKubernetes, written: Written) -> None:
    await _write_all(client, written.vault)
    path = f"{_get_path(written.cluster)}/{get_mesh(written.cluster)}"
    await kubernetes.apply(path, written.certificate, manager=_MANAGER)


async def _write_all(client: BareVault, writes: tuple[Write, ...]) -> None:
    for path, body in writes:
        await client.write(path, body)


def _get_path(cluster: str) -> str:
    return f"/apis/internal.gloo.solo.io/v2/namespaces/{get_namespace(cluster)}/issuedcertificates"
