"""How a cluster's node is set up: containerd, its network plugin, kubelet and kube-proxy."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from testbed import debian
from testbed.address import ClusterAddresses
from testbed.command import run
from testbed.control_plane import DOMAIN
from testbed.image import Image

PAUSE_IMAGE = "localhost/busybox:testbed"
COREDNS_IMAGE = "localhost/coredns:testbed"


@dataclass(frozen=True)
class Node:
    """One node: everything it writes lies below one folder, so that it can be cleared."""

    name: str
    folder: Path
    network: str
    addresses: ClusterAddresses

    @property
    def socket(self) -> Path:
        """Where containerd listens."""
        return self.folder / "containerd.sock"

    @property
    def runtime_state(self) -> Path:
        """Where containerd keeps what does not outlive it: tasks, pod namespaces."""
        return self.folder / "containerd-state"

    @property
    def pod_logs(self) -> Path:
        """Where the kubelet has containers' output written."""
        return self.folder / "pod-logs"

    def write_configuration(self) -> None:
        """Write the configuration of containerd, its network plugin and the kubelet."""
        plugins = self.folder / "cni"
        plugins.mkdir(parents=True, exist_ok=True)
        (self.folder / "containerd.toml").write_text(self._containerd())
        (plugins / "10-testbed.conflist").write_text(json.dumps(self._plugin(), indent=2))
        (self.folder / "kubelet.yaml").write_text(yaml.safe_dump(self._kubelet()))

    def containerd_command(self) -> Sequence[str | Path]:
        """Run a containerd of its own."""
        return [debian.path("containerd"), "--config", self.folder / "containerd.toml"]

    def kubelet_command(self, binary: Path) -> Sequence[str | Path]:
        """Run the kubelet, named after the cluster."""
        return [
            binary,
            f"--config={self.folder / 'kubelet.yaml'}",
            f"--kubeconfig={self.folder / 'pki/kubelet.kubeconfig'}",
            f"--root-dir={self.folder / 'kubelet'}",
            f"--cert-dir={self.folder / 'kubelet/pki'}",
            f"--hostname-override={self.name}",
            f"--node-ip={self.addresses.node}",
        ]

    def proxy_command(self, binary: Path) -> Sequence[str | Path]:
        """Run kube-proxy; the namespace may not set the machine's connection tracking limit."""
        return [
            binary,
            f"--kubeconfig={self.folder / 'pki/proxy.kubeconfig'}",
            f"--hostname-override={self.name}",
            "--proxy-mode=iptables",
            f"--cluster-cidr={self.addresses.pods}",
            "--conntrack-max-per-core=0",
        ]

    def ctr(self, *words: str | Path, seconds: float = 60) -> str:
        """Ask containerd something about the cluster's containers or images."""
        command: list[str | Path] = [
            debian.path("ctr"),
            "--connect-timeout",
            "2s",
            "-a",
            self.socket,
        ]
        return run([*command, "-n", "k8s.io", *words], seconds=seconds)

    def load_image(self, archive: Path) -> None:
        """Import an image archive for the node's pods."""
        self.ctr("images", "import", archive, seconds=300)

    def _containerd(self) -> str:
        # Without restrict_oom_score_adj runc dies where it may not lower the score. With the
        # namespaces below the state folder they are ours to clear, without a doubt.
        return f"""\
version = 2
root = "{self.folder / "containerd"}"
state = "{self.runtime_state}"
disabled_plugins = [
  "io.containerd.internal.v1.opt",
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]

[grpc]
  address = "{self.socket}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  disable_tcp_service = true

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{debian.PLUGINS}"
    conf_dir = "{self.folder / "cni"}"

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        Root = "{self.folder / "runc"}"
"""

    def _plugin(self) -> dict[str, object]:
        # Point-to-point links route every packet through the node, so that service addresses
        # work between pods of one node on kernels without bridge filtering, too.
        return {
            "cniVersion": "0.4.0",
            "name": self.network,
            "plugins": [
                {
                    "type": "ptp",
                    "ipMasq": False,
                    "ipam": {
                        "type": "host-local",
                        "dataDir": str(self.folder / "cni-addresses"),
                        "ranges": [[{"subnet": str(self.addresses.pods)}]],
                        "routes": [{"dst": "0.0.0.0/0"}],
                    },
                }
            ],
        }

    def _kubelet(self) -> dict[str, object]:
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "containerRuntimeEndpoint": f"unix://{self.socket}",
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": str(self.folder / "pki/ca.crt")},
            },
            "authorization": {"mode": "Webhook"},
            "clusterDNS": [str(self.addresses.dns_service)],
            "clusterDomain": DOMAIN,
            "cgroupDriver": "cgroupfs",
            "cgroupsPerQOS": False,
            "enforceNodeAllocatable": [],
            "failCgroupV1": False,
            "failSwapOn": False,
            "localStorageCapacityIsolation": False,
            "podLogsDir": str(self.pod_logs),
            "volumePluginDir": str(self.folder / "volume-plugins"),
            "readOnlyPort": 0,
            # The host's disk may be nearly full for reasons that are none of a test's business.
            "evictionHard": {
                "imagefs.available": "0%",
                "memory.available": "0%",
                "nodefs.available": "0%",
                "nodefs.inodesFree": "0%",
            },
            "imageGCHighThresholdPercent": 100,
        }


def busybox_image() -> Image:
    """Build the image that keeps a pod's namespaces open, and that small test pods run."""
    binary = debian.path("busybox")
    applets = run([binary, "--list"]).split()
    links = {f"bin/{name}": "/bin/busybox" for name in applets if name != "busybox"}
    # The first process of a container gets only the signals that it asks for.
    wait = "trap exit TERM INT; while :; do sleep 86400 & wait; done"
    return Image(
        name=PAUSE_IMAGE,
        files={"bin/busybox": binary},
        links=links,
        entrypoint=("/bin/sh", "-c", wait),
    )


def coredns_image(binary: Path) -> Image:
    """Build the image of CoreDNS: the static binary, alone."""
    return Image(name=COREDNS_IMAGE, files={"coredns": binary}, links={}, entrypoint=("/coredns",))
