"""Bring clusters and Vaults up together: check the machine, obtain the parts, start."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from testbed import debian, images, launch, parts, preflight, vault
from testbed.address import lowest_free
from testbed.cache import Cache
from testbed.launch import ClusterPlan
from testbed.parallel import run_together
from testbed.parts import Part, Workshop
from testbed.preflight import Needs
from testbed.progress import Progress
from testbed.site import Site
from testbed.vault import PORTS, VaultOptions

_VAULT_PARTS = {"openbao": parts.OPENBAO, "hashicorp": parts.VAULT}


@dataclass(frozen=True)
class Setup:
    """What one call of `up` has to start."""

    site: Site
    cache: Cache
    workshop: Workshop
    progress: Progress
    clusters: Sequence[str]
    vaults: Sequence[VaultOptions]
    nodes: bool
    audit: bool = False

    @property
    def names(self) -> list[str]:
        """Name everything that this call starts, and so takes down when it fails."""
        return [*self.clusters, *(options.kind for options in self.vaults)]

    @property
    def parts(self) -> tuple[Part, ...]:
        """List the parts that this call needs."""
        needed = tuple(_VAULT_PARTS[options.kind] for options in self.vaults)
        if self.clusters:
            needed += parts.CONTROL_PLANE
        if self._has_nodes:
            needed += parts.NODE
        return needed

    def check(self) -> None:
        """Refuse, before anything is started, what this machine cannot hold."""
        needs = Needs.of(
            clusters=len(self.clusters),
            nodes=self.nodes,
            vaults=len(self.vaults),
            builds=self.workshop.needs_go(self.parts),
        )
        preflight.check_memory(needs.memory)
        preflight.check_disks(self.site.folder, self.cache.folder, needs)
        preflight.check_state_path(self.site.folder, self.clusters)
        debian.ensure(debian.HOST_TOOLS, self.progress)
        preflight.check_range(self.site.range, owner=self.site.folder)
        for options in self.vaults:
            preflight.check_port(self.site.range.host, PORTS[options.kind])

    def start(self) -> None:
        """Start everything at once, and return when all of it is ready."""
        if self._has_nodes:
            debian.ensure(debian.NODE_TOOLS, self.progress)
        self.workshop.provide(self.parts)
        archives = images.archives(self.cache, self.workshop) if self._has_nodes else []
        self.site.open_host()
        tasks: dict[str, Callable[[], None]] = {
            options.kind: self._vault_task(options) for options in self.vaults
        }
        names = self._vault_names()
        for name in self.clusters:
            tasks[name] = self._cluster_task(name, self._plan(name, names), archives)
        run_together(tasks)

    @property
    def _has_nodes(self) -> bool:
        return self.nodes and bool(self.clusters)

    def _vault_names(self) -> tuple[str, ...]:
        chosen = [name for options in self.vaults for name in options.names]
        chosen += [name for running in self.site.vaults().values() for name in running.names]
        return tuple(dict.fromkeys(chosen)) or vault.DEFAULT_NAMES

    def _plan(self, name: str, vault_names: Sequence[str]) -> ClusterPlan:
        plan = ClusterPlan(
            index=lowest_free(cluster.index for cluster in self.site.clusters().values()),
            nodes=self.nodes,
            audit=self.audit,
            vault_address=self._host,
            vault_names=vault_names,
        )
        kubectl = self.workshop.binary(parts.KUBECTL)
        plan.write(self.site.cluster_folder(name), kubectl=kubectl, complete=False)
        return plan

    def _cluster_task(
        self, name: str, plan: ClusterPlan, archives: Sequence[Path]
    ) -> Callable[[], None]:
        def start() -> None:
            with self.progress.step(f"starting {name}", f"{name} ready"):
                launch.start(self.site.clusters()[name], plan, self.workshop, archives)

        return start

    def _vault_task(self, options: VaultOptions) -> Callable[[], None]:
        planned = vault.plan(
            self.site.vault_folder(options.kind),
            options,
            host=self._host,
            binary=self.workshop.binary(_VAULT_PARTS[options.kind]),
        )

        def start() -> None:
            with self.progress.step(f"starting {options.kind}", f"{options.kind} ready"):
                planned.launch()

        return start

    @property
    def _host(self) -> IPv4Address:
        return self.site.range.host
