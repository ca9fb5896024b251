"""What a node can do to its pods: kill their processes, and cut them off."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed import Cluster
from testbed.command import run
from testbed.control_plane import PORT

LINK = "eth0"  # of a cluster's namespace, to everybody else


def send_signal(cluster: Cluster, container: str, number: int) -> None:
    """Send a container's first process a signal that it cannot catch from within."""
    for line in cluster.node.ctr("tasks", "list").splitlines()[1:]:
        task, pid, *_ = line.split()
        if task == container:
            os.kill(int(pid), number)
            return
    raise AssertionError(f"no process of {container} is on the node")


@contextmanager
def cut_off(cluster: Cluster) -> Iterator[None]:
    """Keep pods from the API server and from Vault, and the kubelet from telling that it lives."""
    pods, host = str(cluster.addresses.pods), str(cluster.range.host)
    rules = (
        ["INPUT", "-s", pods, "-p", "tcp", "--dport", str(PORT), "-j", "DROP"],
        ["FORWARD", "-s", pods, "-d", host, "-j", "DROP"],
    )
    with _filtered(cluster, rules):
        cluster.pause_part("kubelet")
        try:
            yield
        finally:
            cluster.resume_part("kubelet")


@contextmanager
def kept_from_hub_and_vault(cluster: Cluster) -> Iterator[None]:
    """Let nobody outside reach its API server, and no pod of it Vault; pods reach other pods."""
    pods, host = str(cluster.addresses.pods), str(cluster.range.host)
    rules = (
        ["INPUT", "-i", LINK, "-p", "tcp", "--dport", str(PORT), "-j", "DROP"],
        ["FORWARD", "-s", pods, "-d", host, "-j", "DROP"],
    )
    with _filtered(cluster, rules):
        yield


@contextmanager
def _filtered(cluster: Cluster, rules: tuple[list[str], ...]) -> Iterator[None]:
    enter = ["nsenter", f"--net={Path('/run/netns') / cluster.namespace}", "iptables", "-w"]
    for chain, *rule in rules:
        run([*enter, "-I", chain, *rule])
    try:
        yield
    finally:
        for chain, *rule in rules:
            run([*enter, "-D", chain, *rule])
