"""One running cluster, as its users see it."""

import ssl
import subprocess
from ipaddress import IPv4Address
from pathlib import Path

from testbed import audit, coredns, http, network, record
from testbed.address import AddressRange, ClusterAddresses
from testbed.command import CommandError, run
from testbed.control_plane import PORT
from testbed.errors import TestbedError
from testbed.node import Node
from testbed.programs import Programs

CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager")
NODE = ("kube-scheduler", "containerd", "kubelet", "kube-proxy")


class Cluster:
    """A cluster with its own network namespace, addresses, processes and folder."""

    def __init__(self, folder: Path, range_: AddressRange) -> None:
        content = record.read(folder / "cluster.json")
        if content is None:
            raise TestbedError(f"There is no cluster {folder.name}.")
        self.name = folder.name
        self.folder = folder
        self.range = range_
        self.index: int = content["index"]
        self.has_node: bool = content["nodes"]
        self.has_audit: bool = content.get("audit", False)
        self.is_complete: bool = content["complete"]
        self._kubectl = Path(content["kubectl"])
        self.addresses: ClusterAddresses = range_.cluster(self.index)
        self.programs = Programs(folder, namespace=self.namespace)

    @property
    def namespace(self) -> str:
        """The cluster's network namespace, for `nsenter --net=/run/netns/NAME`."""
        return network.namespace_name(self.range, self.name)

    @property
    def node_address(self) -> IPv4Address:
        """The address of its node and API server."""
        return self.addresses.node

    @property
    def server(self) -> str:
        """Where its API server answers, from this machine and from every pod."""
        return f"https://{self.node_address}:{PORT}"

    @property
    def pki(self) -> Path:
        """The folder of its certificates, keys and kubeconfigs."""
        return self.folder / "pki"

    @property
    def ca_file(self) -> Path:
        """The certificate that its API server's certificate is signed by."""
        return self.pki / "ca.crt"

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig of the group system:masters; its context has the cluster's name."""
        return self.pki / "admin.kubeconfig"

    @property
    def audit_log(self) -> Path:
        """What its API server was asked, one request a line, if it was brought up for that."""
        return audit.log_file(self.folder)

    @property
    def node(self) -> Node:
        """The node's files and containers."""
        name = f"{self.range.prefix}-{self.name}"
        return Node(name=self.name, folder=self.folder, network=name, addresses=self.addresses)

    def kubectl(
        self,
        *words: str | Path,
        input: str | None = None,  # noqa: A002  the name that subprocess gives it
        seconds: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl as administrator; raises CommandError with kubectl's own words."""
        command = [self._kubectl, f"--kubeconfig={self.kubeconfig}", *words]
        output = run(command, input=input, seconds=seconds)
        return subprocess.CompletedProcess(command, 0, stdout=output, stderr="")

    def pod_logs(self) -> dict[str, Path]:
        """Find what the containers of all pods wrote, by namespace, pod, id, container and run."""
        logs = self.node.pod_logs
        return {str(path.relative_to(logs)): path for path in sorted(logs.glob("*/*/*.log"))}

    def load_image(self, archive: Path) -> None:
        """Import an image archive for the cluster's pods (`imagePullPolicy: Never`)."""
        self.node.load_image(archive)

    def start_part(self, part: str) -> None:
        """Start a stopped part again, as it was started before."""
        self.programs.restart(part)

    def stop_part(self, part: str) -> None:
        """End a part and wait until it is gone."""
        self.programs.stop(part)

    def pause_part(self, part: str) -> None:
        """Freeze a part: its connections stay open and nothing answers."""
        self.programs.pause(part)

    def resume_part(self, part: str) -> None:
        """Let a frozen part run on."""
        self.programs.unpause(part)

    def cut_off(self) -> None:
        """Take its link down: nothing reaches it or leaves it, and inside everything goes on."""
        network.cut_link(self.namespace)

    def reconnect(self) -> None:
        """Bring its link up again."""
        network.join_link(self.namespace, self.addresses)

    def revive(self) -> None:
        """Start again what was stopped, paused or cut off, if the machine still has it."""
        if (network.NAMESPACES / self.namespace).exists():
            self.reconnect()
            for part in self.parts():
                self.programs.unpause(part)
                self.programs.restart(part)

    def parts(self) -> tuple[str, ...]:
        """Name the parts that this cluster should have running."""
        return CONTROL_PLANE + NODE if self.has_node else CONTROL_PLANE

    def health(self) -> str | None:
        """Say in a few words what is wrong with the cluster; None when nothing is."""
        for part in self.parts():
            if not self.programs.is_running(part):
                return f"{part} does not run"
        if not self.is_serving():
            return "the API server is not ready"
        if self.has_node and not self.is_node_ready():
            return "the node is not ready"
        if self.has_node and not self.is_dns_ready():
            return "CoreDNS does not answer"
        return None

    def is_serving(self) -> bool:
        """Tell whether the API server calls itself ready."""
        context = ssl.create_default_context(cafile=str(self.ca_file))
        return http.is_good(f"{self.server}/readyz", context=context)

    def is_node_ready(self) -> bool:
        """Tell whether the node calls itself ready."""
        path = '{.status.conditions[?(@.type=="Ready")].status}'
        try:
            words = ("get", "node", self.name, f"-o=jsonpath={path}", "--request-timeout=5s")
            return self.kubectl(*words).stdout == "True"
        except CommandError:
            return False

    def is_dns_ready(self) -> bool:
        """Tell whether the cluster's DNS service resolves a name."""
        return coredns.resolves(self.addresses.dns_service, coredns.PROBE_NAME)
