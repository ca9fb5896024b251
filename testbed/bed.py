"""The testbed as its users call it: bring up, take down, look inside."""

import contextlib
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from testbed import debian, interrupt, istio, parts, preflight
from testbed.address import AddressRange
from testbed.build import Builder, BuiltImage
from testbed.cache import Cache, default_folder
from testbed.cluster import Cluster
from testbed.errors import TestbedError
from testbed.interrupt import wait_until
from testbed.istio import Istio
from testbed.parts import Workshop
from testbed.programs import tail
from testbed.progress import Progress
from testbed.setup import Setup
from testbed.site import Site
from testbed.vault import PORTS, Vault, VaultOptions

DEFAULT_STATE = "/var/lib/testbed"
DEFAULT_RANGE = "77"
_REVIVAL_SECONDS = 15.0
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?")
OPENBAO = VaultOptions()


class Testbed:
    """Clusters and Vaults on this machine, recorded in one folder.

    Two testbeds on one machine need two state folders and two address ranges; unless given, they
    come from TESTBED_STATE and TESTBED_RANGE.
    """

    __test__ = False  # pytest would take the name for a test class

    def __init__(
        self,
        state: Path | None = None,
        *,
        network: int | None = None,
        cache: Path | None = None,
        progress: Progress | None = None,
    ) -> None:
        folder = state or Path(os.environ.get("TESTBED_STATE", DEFAULT_STATE))
        number = (
            _number(os.environ.get("TESTBED_RANGE", DEFAULT_RANGE)) if network is None else network
        )
        self._progress = progress or Progress()
        self._site = Site(folder.absolute(), AddressRange(number), self._progress)
        self._cache = Cache(cache or default_folder())
        self._workshop = Workshop(self._cache, self._progress)

    def up(
        self,
        names: Sequence[str] = ("c1",),
        *,
        vault: VaultOptions | Sequence[VaultOptions] | None = OPENBAO,
        nodes: bool = True,
        audit: bool = False,
    ) -> None:
        """Bring clusters and Vaults up, at once; what is up and healthy stays as it is.

        With nodes=False a cluster is only etcd, API server and controller manager: enough for
        whatever needs no pods, and ready much sooner. With audit=True its API server writes down
        who asked for what, and whether that was allowed (`Cluster.audit_log`). On any failure, or
        Ctrl-C, what this call started is taken down again.
        """
        for name in names:
            _check_name(name)
        preflight.check_machine()
        wanted = [vault] if isinstance(vault, VaultOptions) else list(vault or ())
        with self._site.lock():
            interrupt.reset()
            unfinished = self._site.unfinished()
            setup = Setup(
                site=self._site,
                cache=self._cache,
                workshop=self._workshop,
                progress=self._progress,
                clusters=[
                    name
                    for name in dict.fromkeys(names)
                    if not self._keeps(name, nodes=nodes, audit=audit)
                ],
                vaults=[options for options in wanted if not self._keeps_vault(options)],
                nodes=nodes,
                audit=audit,
            )
            unwell = [name for name in setup.names if name in self._site.names()]
            if unfinished or unwell:
                self._site.clear([*unfinished, *unwell])
            if setup.names:
                self._start(setup)

    def down(self, names: Sequence[str] | None = None) -> None:
        """Take clusters and Vaults down by name, or everything; harmless when nothing is up."""
        preflight.check_machine()
        with self._site.lock():
            known = self._site.names()
            for name in names or ():
                if name not in known:
                    self._progress.say(f"{name} is not up")
            self._site.clear([name for name in known if not names or name in names])

    def build_image(self, folder: Path, name: str) -> BuiltImage:
        """Build the image that a folder's Dockerfile describes; unchanged, it is there at once."""
        preflight.check_machine()
        return Builder(self._cache, self._progress).build(folder.absolute(), name)

    def provide_istio(self) -> Istio:
        """Obtain istiod, its workloads' agent, their charts and Helm, where they are missing."""
        preflight.check_machine()
        debian.ensure(debian.NODE_TOOLS, self._progress)
        return istio.provide(self._cache, self._workshop)

    def provide_go(self) -> Path:
        """Obtain a Go, for tests that ask what its libraries say."""
        return self._workshop.go()

    def provide_helm(self, *, major: Literal[3, 4] = 4) -> Path:
        """Obtain Helm alone, for charts that need no istiod."""
        return self._workshop.binary(parts.HELM if major == 4 else parts.HELM_3)

    def provide_kubectl(self) -> Path:
        """Obtain kubectl alone, for what needs no cluster."""
        return self._workshop.binary(parts.KUBECTL)

    def load_images(self, name: str, archives: Iterable[Path]) -> None:
        """Import image archives for a cluster's pods."""
        cluster = self.cluster(name)
        with self._progress.step(f"loading images into {name}", f"images loaded into {name}"):
            for archive in archives:
                cluster.load_image(archive)

    def cluster(self, name: str) -> Cluster:
        """Give one cluster that is up."""
        clusters = self.clusters
        if name not in clusters:
            raise TestbedError(f"There is no cluster {name}; up are: {_listed(clusters)}.")
        return clusters[name]

    @property
    def clusters(self) -> dict[str, Cluster]:
        """Every cluster that is recorded, by name."""
        return self._site.clusters()

    @property
    def vaults(self) -> dict[str, Vault]:
        """Every Vault that is recorded, by kind; OpenBao first."""
        return self._site.vaults()

    @property
    def vault(self) -> Vault:
        """The Vault that is up, or the first of two."""
        for vault in self.vaults.values():
            return vault
        raise TestbedError("There is no Vault up.")

    def logs(self, name: str, part: str | None = None) -> str:
        """Give the log of one part of a cluster or Vault, or the ends of all of them."""
        known: dict[str, Cluster | Vault] = {**self.clusters, **self.vaults}
        if name not in known:
            raise TestbedError(f"There is no {name}; up are: {_listed(known)}.")
        programs = known[name].programs
        if part is None:
            return "\n".join(f"== {n} ==\n{tail(programs.log(n))}" for n in programs.names())
        if part not in programs.names():
            raise TestbedError(f"{name} has no part {part}; it has: {_listed(programs.names())}.")
        return programs.log(part).read_text(errors="replace")

    def environment(self, name: str) -> dict[str, str]:
        """Give what a program needs in its environment to use a cluster and the Vault."""
        cluster = self.cluster(name)
        variables = {"KUBECONFIG": str(cluster.kubeconfig)}
        for vault in reversed(self.vaults.values()):
            variables |= {
                "VAULT_ADDR": vault.address,
                "VAULT_CACERT": str(vault.ca_file),
                "VAULT_TOKEN": vault.root_token,
            }
        if self._has_istio:
            variables["ISTIO_CHARTS"] = str(self._workshop.binary(parts.ISTIO_CHARTS))
        return variables

    def tools(self) -> Path:
        """Give a folder with kubectl, the Vaults' own clients and Helm, for a search path."""
        folder = self._site.folder / "bin"
        folder.mkdir(exist_ok=True)
        programs = {"kubectl": self._workshop.binary(parts.KUBECTL)}
        programs |= {vault.client: vault.binary for vault in self.vaults.values()}
        if self._has_istio:
            programs["helm"] = self._workshop.binary(parts.HELM)
        for name, binary in programs.items():
            link = folder / name
            if not link.is_symlink() or link.readlink() != binary:
                link.unlink(missing_ok=True)
                link.symlink_to(binary)
        return folder

    @property
    def _has_istio(self) -> bool:
        return not self._workshop.missing(parts.ISTIO)

    def _start(self, setup: Setup) -> None:
        setup.check()
        try:
            setup.start()
        except BaseException:
            with interrupt.shielded():
                self._site.clear(setup.names)
            raise

    def _keeps(self, name: str, *, nodes: bool, audit: bool) -> bool:
        cluster = self.clusters.get(name)
        if cluster is None or not cluster.is_complete:
            return False
        if nodes and not cluster.has_node:
            raise TestbedError(f"{name} runs without a node; take it down first to get one.")
        if audit and not cluster.has_audit:
            raise TestbedError(f"{name} runs without an audit log; take it down first to get one.")
        with self._progress.step(f"checking {name}", quiet=True):
            return self._is_well(cluster)

    def _keeps_vault(self, options: VaultOptions) -> bool:
        vault = self.vaults.get(options.kind)
        if vault is None or not vault.is_complete:
            return False
        if vault.storage != options.storage:
            raise TestbedError(
                f"{options.kind} runs with {vault.storage} storage; take it down first "
                f"to get {options.storage} storage."
            )
        if not set(options.names) <= set(vault.names):
            raise TestbedError(
                f"{options.kind} runs with the names {_listed(vault.names)}; take it down first "
                f"to get {_listed(options.names)}."
            )
        return self._is_well(vault)

    def _is_well(self, running: Cluster | Vault) -> bool:
        """Tell whether it is well, after the parts that somebody stopped were started again."""
        trouble = running.health()
        if trouble is not None:
            self._progress.say(f"{running.name} is not well ({trouble}): starting what stopped")
            with contextlib.suppress(TestbedError, OSError):
                running.revive()
                wait_until(lambda: running.health() is None, seconds=_REVIVAL_SECONDS)
            trouble = running.health()
        if trouble is not None:
            self._progress.say(f"{running.name} is not well ({trouble}): it is started anew")
            return False
        self._progress.say(f"✓ {running.name} is up")
        return True


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or name in PORTS:
        raise TestbedError(
            f"{name!r} cannot name a cluster: use up to 20 lower-case letters, digits and hyphens, "
            f"and none of {_listed(PORTS)}."
        )


def _number(text: str) -> int:
    if not text.isdigit():
        raise TestbedError(f"TESTBED_RANGE is a number from 0 to 253, and {text!r} is not.")
    return int(text)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
