"""The whole fleet of the model: clusters, Vault, people's wishes, and what the hub has kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.rotation_status import RotationStatus
from roottrust.domain.rotation import machine
from roottrust.domain.rotation.evidence import FleetView
from roottrust.domain.rotation.hurry import hurry
from roottrust.domain.rotation.infer import FoundPosture, infer_state
from roottrust.domain.rotation.posture import Posture, Side, find_posture, name_step
from roottrust.domain.rotation.wish import Orders, RotationWish
from tests.unit.domain.rotation.model_checks import check_change, check_dependants, check_trust
from tests.unit.domain.rotation.model_cluster import (
    Certificate,
    Cluster,
    Report,
    build_mesh_view,
    tell,
)
from tests.unit.domain.rotation.model_trust import Held, Workload
from tests.unit.domain.rotation.model_vault import Vault, build_cross, build_root, read_generation


@dataclass(kw_only=True)
class Fleet:
    """`state` is what the hub has written; `exempt` are clusters that people gave up."""

    wish: RotationWish
    clusters: list[Cluster]
    vault: Vault = field(default_factory=Vault)
    state: RotationStatus | None = None
    now: int = 0
    exempt: set[str] = field(default_factory=set)

    @property
    def counted(self) -> list[Cluster]:
        """The clusters whose workloads have to be able to talk."""
        return [each for each in self.clusters if each.name not in self.exempt]

    @property
    def workloads(self) -> list[Workload]:
        """All workloads that count."""
        return [workload for cluster in self.counted for workload in cluster.workloads]

    @property
    def asked(self) -> RotationWish:
        """What people ask for of the rotation under way."""
        return hurry(self.wish, self.state)

    def order(self, **content: object) -> None:
        """Let people write annotations."""
        self.wish = replace(self.wish, orders=replace(self.wish.orders, **content))  # type: ignore[arg-type]

    @property
    def orders(self) -> Orders:
        """What people have written."""
        return self.wish.orders

    def observe(self, lags: tuple[int, ...] = (0,)) -> FleetView:
        """Return what the hub sees, parts of it late: `lags` count reports back."""
        meshes, heard, silent = [], set(), {}
        for place, cluster in enumerate(self.clusters):
            if not cluster.is_registered:
                continue
            if cluster.is_silent:
                silent[cluster.name] = "is silent"
                continue
            cluster.note_report()
            heard.add(cluster.name)
            old = [self._find_report(cluster, lags[(place + n) % len(lags)]) for n in (0, 1)]
            meshes.append(build_mesh_view(cluster, *old))
        return FleetView(
            vault=self.vault.view(self.state, self.asked),
            meshes=tuple(meshes),
            heard=frozenset(heard),
            silent=silent,
        )

    @staticmethod
    def _find_report(cluster: Cluster, lag: int) -> Report:
        return cluster.reports[max(len(cluster.reports) - 1 - lag, 0)]

    def reconcile(self, lags: tuple[int, ...] = (0,), *, is_lost: bool = False) -> None:
        """Let the hub take a step, which counts only once it is written."""
        state = self._compute(lags)
        if is_lost:
            return
        self.state = state
        if state is not None and state.stage in {Stage.DROP, Stage.RETIRE}:
            self.exempt |= set(state.left_behind)

    def _compute(self, lags: tuple[int, ...]) -> RotationStatus | None:
        if self.state is not None:
            step = machine.advance(self.state, self.asked, self.observe(lags), now=tell(self.now))
            return step.state
        there = [each for each in self.counted if each.is_registered]
        if self.vault.is_sealed or any(each.is_silent for each in there):
            return None
        found = [self._find_posture(each) for each in there if each.certificate]
        roots = self.vault.find_roots(self.wish)
        return infer_state(self.wish, roots, found, now=tell(self.now))

    @staticmethod
    def _find_posture(cluster: Cluster) -> FoundPosture:
        assert cluster.certificate
        held = cluster.certificate.held
        return FoundPosture(
            cluster=cluster.name,
            signer=build_root(held.signer).fingerprint,
            roots=tuple(build_root(each).fingerprint for each in held.roots),
            cross_certificate=build_cross(held.signer, held.crossed) if held.crossed else None,
        )

    def ask(self, cluster: Cluster) -> Certificate | None:
        """Return the IssuedCertificate that what is kept asks for; None where it must not yet."""
        state = self.state
        if state is None:
            return None
        if state.stage in {None, Stage.PREPARE}:
            root = read_generation(state.previous if state.stage else state.root)
            return Certificate(held=Held(signer=root, roots=(root,)), step=None)
        if cluster.name not in state.members:
            return None
        posture = find_posture(state, wave=self.asked.find_wave(cluster.name))
        return Certificate(held=_hold(state, posture), step=name_step(state, posture))

    def act(self, cluster: Cluster) -> None:
        """Let the hub write one cluster's IssuedCertificate by what it has kept."""
        wanted = self.ask(cluster)
        if wanted is None or cluster.is_silent or not cluster.is_registered:
            return
        before, cluster.certificate = cluster.certificate, wanted
        if before and cluster.name not in self.exempt:
            check_change(before.held, wanted.held, is_hurried=self.asked.is_hurried)
            check_dependants(before.held, wanted.held, self.workloads)

    def follow(self, cluster: Cluster, number: int) -> None:
        """Let the agent of one istiod take over what the IssuedCertificate asks for."""
        if cluster.certificate is None:
            return
        place = number % len(cluster.replicas)
        before, after = cluster.replicas[place], cluster.certificate.held
        cluster.replicas[place] = after
        if before and cluster.name not in self.exempt:
            check_change(before, after, is_hurried=self.asked.is_hurried)
            check_dependants(before, after, self.workloads)
        if not cluster.published:
            cluster.publish(place, self.now)

    def pass_time(self, seconds: int) -> None:
        """Let time pass; what has to happen in it happens at the latest moment."""
        self.check()
        end = self.now + seconds
        while self.now < end:
            events = (each.find_next_event() for each in self.clusters)
            self.now = min([end, *(each for each in events if each is not None)])
            for cluster in self.clusters:
                cluster.meet_deadlines(self.now)
            self.check()

    def check(self) -> None:
        """Check what holds at every moment."""
        check_trust(self.counted)


def _hold(state: RotationStatus, posture: Posture) -> Held:
    numbers = {
        Side.PREVIOUS: read_generation(state.previous),
        Side.NEXT: read_generation(state.next),
    }
    return Held(
        signer=numbers[posture.signer],
        roots=tuple(numbers[side] for side in posture.roots),
        crossed=numbers[Side.PREVIOUS] if posture.is_crossed else None,
    )
