"""Clear a cluster, whatever state it is in: running, half started, or left by a killed run."""

import contextlib
import os
import shutil
import signal
import socket
import stat
from collections.abc import Iterable
from pathlib import Path

from testbed import debian, network, process, record
from testbed.address import AddressRange
from testbed.command import CommandError, run
from testbed.process import Identity
from testbed.programs import Programs

_SHIM_SOCKETS = Path("/run/containerd/s")
_PLUGIN_RESULTS = Path("/var/lib/cni/results")
_DEVICE_PLUGINS = Path("/var/lib/kubelet/device-plugins")
_CGROUPS = Path("/sys/fs/cgroup")
_CONTAINER_LOGS = Path("/var/log/containers")


def clear_cluster(folder: Path, range_: AddressRange) -> None:
    """Remove everything that a cluster left on this machine, and its folder last.

    Nothing is asked to end in order: its data goes with it, and what a killed run left has to be
    cleared by the same way.
    """
    content = record.read(folder / "cluster.json") or {}
    namespace = network.namespace_name(range_, folder.name)
    shim_sockets = _shim_sockets(folder)
    Programs(folder).end_all(grace_seconds=0)
    _end_processes_in(_namespaces_of(folder, namespace))
    _delete_containers(folder)
    for shim in shim_sockets:
        shim.unlink(missing_ok=True)
    unmount_below(folder)
    if "index" in content:
        network.disconnect_cluster(range_, folder.name, content["index"])
    _remove_traces(folder, namespace)
    shutil.rmtree(folder, ignore_errors=True)


def clear_vault(folder: Path) -> None:
    """End a Vault and remove all that it wrote."""
    Programs(folder).end_all(grace_seconds=2)
    shutil.rmtree(folder, ignore_errors=True)


def clear_leftovers(range_: AddressRange, known: Iterable[str]) -> None:
    """Remove namespaces and links of this range that no record knows."""
    kept = {network.namespace_name(range_, name) for name in known}
    for namespace in network.leftover_namespaces(range_):
        if namespace not in kept:
            _end_processes_in(_inodes([network.NAMESPACES / namespace]))
            with contextlib.suppress(CommandError):
                run(["ip", "netns", "del", namespace])


def unmount_below(folder: Path) -> None:
    """Unmount everything mounted below the folder, the deepest first."""
    for target in sorted(_mounts_below(folder), key=len, reverse=True):
        with contextlib.suppress(CommandError):
            run(["umount", "-l", target])


def _delete_containers(folder: Path) -> None:
    """Let runc delete its dead containers: only so do their cgroups end, too."""
    root = folder / "runc/k8s.io"
    for container in root.iterdir() if root.is_dir() else ():
        with contextlib.suppress(CommandError):
            run([debian.path("runc"), "--root", root, "delete", "--force", container.name])


def _namespaces_of(folder: Path, namespace: str) -> set[int]:
    """Identify the network namespaces of the node and of all its pods."""
    pods = [Path(mount) for mount in _mounts_below(folder) if "/netns/" in mount]
    return _inodes([network.NAMESPACES / namespace, *pods])


def _inodes(paths: Iterable[Path]) -> set[int]:
    """Identify namespaces by their inode; a plain file is no namespace any more."""
    found = set()
    host = Path("/proc/self/ns/net").stat()
    for path in paths:
        with contextlib.suppress(OSError):
            status = path.stat()
            if status.st_dev == host.st_dev and status.st_ino != host.st_ino:
                found.add(status.st_ino)
    return found


def _end_processes_in(inodes: set[int]) -> None:
    """Kill what still lives in these namespaces, shims first so that none starts anew."""
    for _ in range(20):
        left: list[Identity] = process.in_network_namespaces(inodes) if inodes else []
        if not left:
            return
        for identity in left:
            identity.send(signal.SIGKILL)
        process.end(left, grace_seconds=0)


def _shim_sockets(folder: Path) -> list[Path]:
    """Find the sockets that shims were given outside our folder, by their bundles."""
    sockets = []
    for address in folder.glob("containerd-state/io.containerd.runtime.v2.task/k8s.io/*/address"):
        path = Path(address.read_text().strip().removeprefix("unix://"))
        if path.parent == _SHIM_SOCKETS and path.exists() and stat.S_ISSOCK(path.stat().st_mode):
            sockets.append(path)
    return sockets


def _remove_traces(folder: Path, namespace: str) -> None:
    """Remove what the kubelet and the network plugins write outside the cluster's folder."""
    pods = [path.name for path in folder.glob("containerd/*.cri/sandboxes/*")]
    for pattern in (f"{namespace}-*", *(f"*-{pod}-*" for pod in pods)):
        for result in _PLUGIN_RESULTS.glob(pattern):
            result.unlink(missing_ok=True)
    if _CONTAINER_LOGS.is_dir():
        for link in _CONTAINER_LOGS.iterdir():
            if link.is_symlink() and str(link.readlink()).startswith(f"{folder}/"):
                link.unlink(missing_ok=True)


def clear_shared() -> None:
    """Remove the folders that all nodes shared, unless somebody else has something in them."""
    registration = _DEVICE_PLUGINS / "kubelet.sock"
    if registration.exists() and not _is_listening(registration):
        registration.unlink(missing_ok=True)
    folders = [_DEVICE_PLUGINS, _PLUGIN_RESULTS, _SHIM_SOCKETS, _CONTAINER_LOGS]
    folders += [folder.parent for folder in folders[:3]]
    folders += [*_CGROUPS.glob("k8s.io"), *_CGROUPS.glob("*/k8s.io")]
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()


def _is_listening(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


def _mounts_below(folder: Path) -> list[str]:
    prefix = os.fsencode(folder.resolve()) + b"/"
    found = []
    for line in Path("/proc/self/mountinfo").read_bytes().splitlines():
        target = line.split()[4].decode("unicode_escape").encode("latin-1")
        if target.startswith(prefix):
            found.append(os.fsdecode(target))
    return found
