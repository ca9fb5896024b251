"""How the control plane's programs are told what to do."""

from collections.abc import Sequence
from ipaddress import IPv4Address
from pathlib import Path

from testbed import certificate, kubeconfig
from testbed.address import ClusterAddresses
from testbed.certificate import Authority

DOMAIN = "cluster.local"
ISSUER = f"https://kubernetes.default.svc.{DOMAIN}"
PORT = 6443

# By default a component waits for seconds at its start, so as not to press the API server.
_UNTHROTTLED = ("--kube-api-qps=1000", "--kube-api-burst=1000")

# Who each component logs in as: its key pair's name, its user and its groups.
_CLIENTS = (
    ("admin", "admin", ("system:masters",)),
    ("kubelet-client", "kube-apiserver-kubelet-client", ("system:masters",)),
    ("controller-manager", "system:kube-controller-manager", ()),
    ("scheduler", "system:kube-scheduler", ()),
    ("proxy", "system:kube-proxy", ()),
)


def write_identities(pki: Path, *, name: str, addresses: ClusterAddresses, server: str) -> None:
    """Write every certificate and kubeconfig of one cluster."""
    authority = Authority.create(f"{name} cluster")
    authority.save(pki, "ca")
    certificate.write_signing_key(pki, "service-account")
    authority.issue(
        pki,
        "server",
        common_name="kube-apiserver",
        dns_names=("localhost", *_service_names("kubernetes", "default")),
        addresses=(addresses.kubernetes_service, addresses.node, IPv4Address("127.0.0.1")),
    )
    clients = (*_CLIENTS, ("kubelet", f"system:node:{name}", ("system:nodes",)))
    for user, common_name, organizations in clients:
        authority.issue(pki, user, common_name=common_name, organizations=organizations)
        if user != "kubelet-client":
            path = pki / f"{user}.kubeconfig"
            kubeconfig.write(path, cluster=name, server=server, user=user, pki=pki)


def etcd(binary: Path, folder: Path, addresses: ClusterAddresses) -> Sequence[str | Path]:
    """Keep etcd's data below the cluster's folder; a test cluster need not survive power loss."""
    client = "http://127.0.0.1:2379"
    return [
        binary,
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        "--listen-peer-urls=http://127.0.0.1:2380",
        f"--listen-metrics-urls={etcd_metrics(addresses)}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def etcd_metrics(addresses: ClusterAddresses) -> str:
    """Where etcd tells of itself: the host reaches only the node's address."""
    return f"http://{addresses.node}:2381"


def api_server(
    binary: Path, pki: Path, addresses: ClusterAddresses, *, audit: Sequence[str] = ()
) -> Sequence[str | Path]:
    """Serve on the node's address, with RBAC, and reach kubelets by their address."""
    return [
        binary,
        f"--advertise-address={addresses.node}",
        f"--secure-port={PORT}",
        "--etcd-servers=http://127.0.0.1:2379",
        "--allow-privileged=true",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        f"--client-ca-file={pki / 'ca.crt'}",
        f"--tls-cert-file={pki / 'server.crt'}",
        f"--tls-private-key-file={pki / 'server.key'}",
        f"--kubelet-client-certificate={pki / 'kubelet-client.crt'}",
        f"--kubelet-client-key={pki / 'kubelet-client.key'}",
        "--kubelet-preferred-address-types=InternalIP",
        f"--service-account-issuer={ISSUER}",
        f"--service-account-key-file={pki / 'service-account.pub'}",
        f"--service-account-signing-key-file={pki / 'service-account.key'}",
        f"--service-cluster-ip-range={addresses.services}",
        *audit,
    ]


def controller_manager(binary: Path, pki: Path) -> Sequence[str | Path]:
    """Run every controller under its own account; one replica needs no leader election."""
    config = pki / "controller-manager.kubeconfig"
    return [
        binary,
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        f"--service-account-private-key-file={pki / 'service-account.key'}",
        f"--root-ca-file={pki / 'ca.crt'}",
        f"--cluster-signing-cert-file={pki / 'ca.crt'}",
        f"--cluster-signing-key-file={pki / 'ca.key'}",
        f"--flex-volume-plugin-dir={pki.parent / 'volume-plugins'}",
        "--use-service-account-credentials=true",
        "--leader-elect=false",
        *_UNTHROTTLED,
    ]


def scheduler(binary: Path, pki: Path) -> Sequence[str | Path]:
    """Schedule pods; one replica needs no leader election."""
    config = pki / "scheduler.kubeconfig"
    return [
        binary,
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        "--leader-elect=false",
        *_UNTHROTTLED,
    ]


def _service_names(service: str, namespace: str) -> list[str]:
    short = f"{service}.{namespace}"
    return [service, short, f"{short}.svc", f"{short}.svc.{DOMAIN}"]
