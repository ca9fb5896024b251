"""Start a cluster: from its record to a ready node with working DNS."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from testbed import audit, control_plane, coredns, http, network, parts, record
from testbed.cluster import Cluster
from testbed.command import CommandError
from testbed.node import COREDNS_IMAGE, Node
from testbed.parallel import run_together
from testbed.parts import Workshop


@dataclass(frozen=True)
class ClusterPlan:
    """What a cluster is to be; recorded before the first thing of it exists."""

    index: int
    nodes: bool
    audit: bool
    vault_address: IPv4Address
    vault_names: Sequence[str]

    def write(self, folder: Path, *, kubectl: Path, complete: bool) -> None:
        """Record the cluster, as under way or as complete."""
        content = {
            "index": self.index,
            "nodes": self.nodes,
            "audit": self.audit,
            "kubectl": str(kubectl),
            "complete": complete,
        }
        record.write(folder / "cluster.json", content)


def start(cluster: Cluster, plan: ClusterPlan, workshop: Workshop, images: Sequence[Path]) -> None:
    """Bring every part of a recorded cluster up, and record that it is complete."""
    control_plane.write_identities(
        cluster.pki, name=cluster.name, addresses=cluster.addresses, server=cluster.server
    )
    network.connect_cluster(cluster.range, cluster.name, cluster.index, cluster.addresses)
    tasks: dict[str, Callable[[], None]] = {
        "control plane": lambda: _start_control_plane(cluster, workshop)
    }
    if plan.nodes:
        tasks["containerd"] = lambda: _start_containerd(cluster, images)
    run_together(tasks)
    if plan.nodes:
        _start_node(cluster, workshop)
        _start_dns(cluster, plan)
    cluster.programs.wait_until(
        lambda: _has_default_account(cluster),
        "kube-controller-manager",
        "has made no default service account",
    )
    plan.write(cluster.folder, kubectl=workshop.binary(parts.KUBECTL), complete=True)


def _start_control_plane(cluster: Cluster, workshop: Workshop) -> None:
    programs, pki = cluster.programs, cluster.pki
    etcd = control_plane.etcd(workshop.binary(parts.ETCD), cluster.folder, cluster.addresses)
    programs.start("etcd", etcd)
    # An API server that comes before its etcd backs off for a second.
    programs.wait_until(lambda: _is_etcd_ready(cluster), "etcd", "is not ready", every=0.02)
    server = workshop.binary(parts.API_SERVER)
    told = audit.prepare(cluster.folder) if cluster.has_audit else ()
    command = control_plane.api_server(server, pki, cluster.addresses, audit=told)
    programs.start("kube-apiserver", command)
    programs.wait_until(cluster.is_serving, "kube-apiserver", "is not ready")
    manager = workshop.binary(parts.CONTROLLER_MANAGER)
    programs.start("kube-controller-manager", control_plane.controller_manager(manager, pki))


def _is_etcd_ready(cluster: Cluster) -> bool:
    return http.is_good(f"{control_plane.etcd_metrics(cluster.addresses)}/readyz")


def _has_default_account(cluster: Cluster) -> bool:
    """Pods are refused until the controller manager has made their account."""
    try:
        cluster.kubectl("get", "serviceaccount", "default", "--request-timeout=5s")
    except CommandError:
        return False
    return True


def _start_containerd(cluster: Cluster, images: Sequence[Path]) -> None:
    node, programs = cluster.node, cluster.programs
    node.write_configuration()
    programs.start("containerd", node.containerd_command())
    programs.wait_until(lambda: _is_containerd_ready(node), "containerd", "does not answer")
    for archive in images:
        node.load_image(archive)


def _is_containerd_ready(node: Node) -> bool:
    try:
        node.ctr("version")
    except CommandError:
        return False
    return True


def _start_node(cluster: Cluster, workshop: Workshop) -> None:
    node, programs = cluster.node, cluster.programs
    scheduler = workshop.binary(parts.SCHEDULER)
    programs.start("kubelet", node.kubelet_command(workshop.binary(parts.KUBELET)))
    programs.start("kube-proxy", node.proxy_command(workshop.binary(parts.PROXY)))
    programs.start("kube-scheduler", control_plane.scheduler(scheduler, cluster.pki))


def _start_dns(cluster: Cluster, plan: ClusterPlan) -> None:
    """Create CoreDNS while the node is still coming up, then wait for both."""
    manifest = coredns.manifest(
        address=cluster.addresses.dns_service,
        image=COREDNS_IMAGE,
        vault_address=plan.vault_address,
        vault_names=plan.vault_names,
    )
    cluster.kubectl("create", "--validate=false", "-f", "-", input=manifest)
    cluster.programs.wait_until(cluster.is_dns_ready, "kubelet", "has not started CoreDNS")
    cluster.programs.wait_until(cluster.is_node_ready, "kubelet", "is not ready")
