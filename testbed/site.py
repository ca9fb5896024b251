"""The state folder: what is recorded as up, who may change it, and how it is cleared."""

import fcntl
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from testbed import interrupt, network, record, teardown
from testbed.address import AddressRange
from testbed.cluster import Cluster
from testbed.parallel import run_together
from testbed.progress import Progress
from testbed.vault import PORTS, Vault


class Site:
    """One testbed's folder and address range on this machine."""

    def __init__(self, folder: Path, range_: AddressRange, progress: Progress) -> None:
        self.folder = folder
        self.range = range_
        self._progress = progress

    def cluster_folder(self, name: str) -> Path:
        """Say where a cluster keeps everything."""
        return self.folder / "clusters" / name

    def vault_folder(self, kind: str) -> Path:
        """Say where a Vault keeps everything."""
        return self.folder / "vaults" / kind

    def clusters(self) -> dict[str, Cluster]:
        """Give every recorded cluster, by name."""
        folders = _folders(self.folder / "clusters", "cluster.json")
        return {folder.name: Cluster(folder, self.range) for folder in folders}

    def vaults(self) -> dict[str, Vault]:
        """Give every recorded Vault, by kind; OpenBao first."""
        folders = [self.vault_folder(kind) for kind in PORTS]
        return {f.name: Vault(f) for f in folders if record.read(f / "vault.json")}

    def names(self) -> list[str]:
        """Name everything that has a folder, even one that was hardly begun."""
        below = (_folders(self.folder / kind) for kind in ("clusters", "vaults"))
        return [folder.name for folders in below for folder in folders]

    def unfinished(self) -> list[str]:
        """Name what an earlier run left half started: it held the lock, so it is gone."""
        finished = [name for name, cluster in self.clusters().items() if cluster.is_complete]
        finished += [kind for kind, vault in self.vaults().items() if vault.is_complete]
        return [name for name in self.names() if name not in finished]

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Let one command at a time change what is up; a killed one loses the lock by itself."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                with self._progress.step("waiting for another testbed command to end", quiet=True):
                    _wait_for_lock(file.fileno())
            yield

    def open_host(self) -> None:
        """Prepare the host's side of the network, and record what has to be restored."""
        if not (self.folder / "host.json").exists():
            record.write(self.folder / "host.json", {"forwarding": self._find_forwarding()})
        network.ensure_host(self.range, owner=self.folder)

    def _find_forwarding(self) -> str:
        """Say whether the host forwarded packets before there was any testbed."""
        for owner in network.other_owners(self.range):
            if found := (record.read(owner / "host.json") or {}).get("forwarding"):
                return str(found)
        return network.forwarding()

    def clear(self, names: Sequence[str]) -> None:
        """Take down what these names left, what no record knows, and at last the host's side."""
        interrupt.reset()
        begun = [name for name in dict.fromkeys(names) if name in self.names()]
        run_together({name: self._clear_task(name) for name in begun})
        if network.interface_owner(self.range) == str(self.folder):
            teardown.clear_leftovers(self.range, self.clusters())
        if not self.names():
            self._clear_host()

    def _clear_task(self, name: str) -> Callable[[], None]:
        def clear() -> None:
            with self._progress.step(f"taking {name} down", f"{name} taken down"):
                if name in PORTS:
                    teardown.clear_vault(self.vault_folder(name))
                else:
                    teardown.clear_cluster(self.cluster_folder(name), self.range)

        return clear

    def _clear_host(self) -> None:
        host = record.read(self.folder / "host.json") or {}
        if host or network.interface_owner(self.range) == str(self.folder):
            network.remove_host(self.range, forward_before=host.get("forwarding"))
            teardown.clear_shared()
        for child in ("bin", "clusters", "vaults"):
            shutil.rmtree(self.folder / child, ignore_errors=True)
        (self.folder / "host.json").unlink(missing_ok=True)


def _folders(parent: Path, holding: str | None = None) -> list[Path]:
    if not parent.is_dir():
        return []
    folders = sorted(path for path in parent.iterdir() if path.is_dir())
    return [f for f in folders if holding is None or record.read(f / holding) is not None]


def _wait_for_lock(descriptor: int) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            interrupt.sleep(0.2)
        else:
            return
