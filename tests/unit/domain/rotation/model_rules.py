"""What can happen to the model's fleet, in any order: hypothesis looks for the order that breaks.

At the end all faults stop, and the rotations have to end, too.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.domain.rotation import machine
from roottrust.domain.rotation.stage import NEEDS_APPROVAL
from roottrust.domain.rotation.wish import Orders, RotationWish
from tests.unit.domain.rotation.model_cluster import Cluster
from tests.unit.domain.rotation.model_fleet import Fleet

CLUSTERS_MAX = 4
WORKLOADS_MAX = 3
GENERATION_MAX = 4
SETTLED_WITHIN = 300
DEPTH_MAX = 40

WAVES: tuple[tuple[frozenset[str], ...], ...] = (
    (),
    (frozenset({"c0"}),),
    (frozenset({"c1"}), frozenset({"c0"})),
)
CHORES = ("vault", "act", "follow", "publish", "prove", "reconcile")

numbers = st.integers(0, 11)
lives = st.sampled_from([20, 20, 20, 45, 300])
lags = st.lists(st.integers(0, 5), min_size=1, max_size=4).map(tuple)


class RotationMachine(RuleBasedStateMachine):
    """A fleet with one root, which people have rotated; a plain one without waves and approvals."""

    strategy = Strategy.AUTO
    is_plain = False
    can_be_compromised = False

    def __init__(self) -> None:
        super().__init__()
        self.fleet = Fleet(wish=RotationWish(), clusters=[])

    @initialize(
        replicas=st.lists(st.integers(1, 2), min_size=1, max_size=3),
        some_lives=st.lists(lives, min_size=1, max_size=2),
        waves=st.sampled_from(WAVES),
        is_manual=st.booleans(),
        soak=st.sampled_from([0, 30]),
        dependants=st.sampled_from([(), ("vm",)]),
        depth=st.integers(0, 8) | st.integers(0, DEPTH_MAX),
    )
    def begin(self, replicas, some_lives, waves, is_manual, soak, dependants, depth):  # type: ignore[no-untyped-def]
        """Begin anywhere in a rotation that went well until then."""
        fleet = self.fleet
        every = frozenset(range(GENERATION_MAX + 1))
        orders = Orders(
            compromised=every if self.strategy is Strategy.DISTRUST_FIRST else frozenset()
        )
        fleet.wish = RotationWish(strategy=self.strategy, orders=orders)
        if not self.is_plain:
            fleet.wish = replace(
                fleet.wish,
                is_manual=is_manual,
                soak=timedelta(seconds=soak),
                waves=waves,
                dependants=dependants,
            )
        for count in replicas:
            self._join(count)
        for _ in range(2):
            fleet.reconcile()
            self._do_chores(0, frozenset())
        for cluster in fleet.clusters:
            for number, life in enumerate(some_lives):
                cluster.start_workload(number, life, fleet.now)
        self.raise_generation()
        self.work(rounds=depth, seconds=45, skipped=set(), is_helped=True)

    # What clusters do.

    @rule(cluster=numbers, number=numbers)
    def renew(self, cluster: int, number: int) -> None:
        found = self._pick(cluster)
        if found.workloads and found.serving:
            workload = found.workloads[number % len(found.workloads)]
            workload.renew(found.serving[number // 3 % len(found.serving)], self.fleet.now)

    @rule(cluster=numbers, number=numbers)
    def follow(self, cluster: int, number: int) -> None:
        self.fleet.follow(self._pick(cluster), number)

    @rule(cluster=numbers, number=numbers)
    def publish(self, cluster: int, number: int) -> None:
        self._pick(cluster).publish(number, self.fleet.now)

    @rule(cluster=numbers, number=numbers)
    def mount(self, cluster: int, number: int) -> None:
        found = self._pick(cluster)
        if found.workloads:
            found.mount(found.workloads[number % len(found.workloads)])

    @rule(cluster=numbers)
    def prove(self, cluster: int) -> None:
        self._pick(cluster).prove(self.fleet.now)

    @rule(seconds=st.sampled_from([1, 10, 40, 110]))
    def pass_time(self, seconds: int) -> None:
        self.fleet.pass_time(seconds)

    @rule(cluster=numbers, number=numbers)
    def replace_istiod(self, cluster: int, number: int) -> None:
        """A new istiod starts by what it is asked for then."""
        found = self._pick(cluster)
        if found.certificate is not None:
            found.replicas[number % len(found.replicas)] = found.certificate.held

    @rule(cluster=numbers, number=numbers, life=lives)
    def start_workload(self, cluster: int, number: int, life: int) -> None:
        found = self._pick(cluster)
        if len(found.workloads) >= WORKLOADS_MAX:
            del found.workloads[number % WORKLOADS_MAX]
        found.start_workload(number, life, self.fleet.now)

    # What happens to clusters.

    @rule(cluster=numbers)
    def cut_off_or_reconnect(self, cluster: int) -> None:
        found = self._pick(cluster)
        found.is_silent = not found.is_silent

    @rule(cluster=numbers)
    def stop_or_start_operator(self, cluster: int) -> None:
        found = self._pick(cluster)
        found.is_blind = not found.is_blind

    @precondition(lambda self: all(each.is_registered for each in self.fleet.clusters))
    @rule(cluster=numbers)
    def deregister(self, cluster: int) -> None:
        """The operator of a rotation under way knows what it misses; before one, it cannot."""
        found = self._pick(cluster)
        found.is_registered = False
        state = self.fleet.state
        if state is None or found.name not in state.members:
            self.fleet.exempt.add(found.name)

    @rule()
    def register(self) -> None:
        for cluster in self.fleet.clusters:
            cluster.is_registered = True

    @precondition(lambda self: len(self.fleet.clusters) < CLUSTERS_MAX)
    @rule(replicas=st.integers(1, 2))
    def join(self, replicas: int) -> None:
        self._join(replicas)

    # What the hub does.

    @rule(lags=lags)
    def reconcile(self, lags: tuple[int, ...]) -> None:
        self.fleet.reconcile(lags)

    @rule(lags=lags)
    def crash_before_the_status_is_written(self, lags: tuple[int, ...]) -> None:
        self.fleet.reconcile(lags, is_lost=True)

    @rule(cluster=numbers)
    def act(self, cluster: int) -> None:
        self.fleet.act(self._pick(cluster))

    @rule(number=numbers)
    def act_in_vault(self, number: int) -> None:
        if self.fleet.state is not None:
            self.fleet.vault.act(self.fleet.state, self.fleet.asked, number)

    @precondition(lambda self: self.fleet.vault.interfered is None)
    @rule()
    def lose_status(self) -> None:
        """Whom nobody but the status knew is lost with it."""
        fleet = self.fleet
        fleet.state = None
        fleet.exempt |= {each.name for each in fleet.clusters if not each.is_registered}

    @rule(
        rounds=st.integers(1, 6),
        seconds=st.sampled_from([1, 10, 25, 45]),
        skipped=st.sets(st.sampled_from(CHORES), max_size=2),
        is_helped=st.booleans(),
    )
    def work(self, rounds: int, seconds: int, skipped: set[str], is_helped: bool) -> None:
        """Let everybody do what they do, but for some."""
        for number in range(rounds):
            if is_helped:
                self._approve_all()
            self._do_chores(number, frozenset(skipped))
            self.fleet.pass_time(seconds)

    @rule(rounds=st.integers(1, 12), seconds=st.sampled_from([25, 45]))
    def go_on(self, rounds: int, seconds: int) -> None:
        """Let things go well for a while."""
        self.work(rounds=rounds, seconds=seconds, skipped=set(), is_helped=True)

    # What people do.

    @precondition(lambda self: self.fleet.state is not None and self.fleet.state.stage)
    @rule(is_sealed=st.booleans())
    def trouble_vault(self, is_sealed: bool) -> None:
        """Seal Vault or change its default issuer by hand; the next time, mend it."""
        vault = self.fleet.vault
        if vault.is_sealed or vault.interfered:
            vault.is_sealed, vault.interfered = False, None
        elif is_sealed:
            vault.is_sealed = True
        else:
            vault.interfered = vault.default

    @precondition(lambda self: self.fleet.wish.generation < GENERATION_MAX)
    @rule()
    def raise_generation(self) -> None:
        self.fleet.wish = replace(self.fleet.wish, generation=self.fleet.wish.generation + 1)

    @rule()
    def pause_or_resume(self) -> None:
        generation = frozenset({self._find_target()})
        self.fleet.order(paused=self.fleet.orders.paused ^ generation)

    @precondition(lambda self: self.fleet.state is not None and self.fleet.state.stage)
    @rule()
    def roll_back(self) -> None:
        generation = frozenset({self._find_target()})
        self.fleet.order(rolled_back=self.fleet.orders.rolled_back | generation)

    @precondition(lambda self: self.fleet.state is not None and self.fleet.state.stage)
    @rule(stage=st.sampled_from([Stage.SIGN, Stage.WIDEN, Stage.PROVE]))
    def roll_back_while_no_cluster_looks(self, stage: Stage) -> None:
        """What has come and gone meanwhile, the clusters' operators will never have seen."""
        fleet = self.fleet
        for _ in range(DEPTH_MAX):
            if fleet.state is None or fleet.state.stage in {stage, None}:
                break
            self.work(rounds=1, seconds=45, skipped=set(), is_helped=True)
        for cluster in fleet.clusters:
            cluster.is_blind = True
        self.work(rounds=2, seconds=1, skipped=set(), is_helped=True)
        for cluster in fleet.clusters:
            for workload in cluster.workloads:
                workload.renew(cluster.serving[0], fleet.now)
        self.roll_back()
        self.work(rounds=3, seconds=1, skipped=set(), is_helped=True)

    @precondition(lambda self: self.can_be_compromised)
    @rule()
    def find_it_compromised(self) -> None:
        """Find out in the middle that the root that is replaced is compromised."""
        generation = frozenset({self._find_target()})
        self.fleet.order(compromised=self.fleet.orders.compromised | generation)

    @rule(stage=st.sampled_from(sorted(NEEDS_APPROVAL)))
    def approve(self, stage: Stage) -> None:
        self._approve(stage)

    @precondition(lambda self: len(self.fleet.exempt) < 2)
    @rule(cluster=numbers)
    def exclude(self, cluster: int) -> None:
        """Whoever excludes a cluster says that it does not matter any more."""
        name = self._pick(cluster).name
        self.fleet.order(excluded=self.fleet.orders.excluded | {(self._find_target(), name)})
        self.fleet.exempt.add(name)

    # What holds.

    @invariant()
    def everybody_can_talk(self) -> None:
        self.fleet.check()

    def teardown(self) -> None:
        """Faults stop, people do their part, time passes: every rotation ends."""
        self._stop_faults()
        for number in range(SETTLED_WITHIN):
            self._help()
            self._do_chores(number, frozenset())
            if self._is_settled():
                break
            self.fleet.pass_time(70)
        assert self._is_settled(), f"it does not end: {self.fleet.state}"

    def _stop_faults(self) -> None:
        fleet = self.fleet
        fleet.vault.is_sealed, fleet.vault.interfered = False, None
        fleet.order(paused=frozenset())
        for cluster in fleet.clusters:
            cluster.is_silent = cluster.is_blind = False

    def _help(self) -> None:
        """Approve what waits for it, and take out whoever is gone for good."""
        fleet = self.fleet
        self._approve_all()
        gone = {each.name for each in fleet.clusters if not each.is_registered}
        fleet.exempt |= gone
        excluded = {(self._find_target(), name) for name in gone}
        fleet.order(excluded=fleet.orders.excluded | excluded)

    def _is_settled(self) -> bool:
        fleet, state = self.fleet, self.fleet.state
        if state is None or state.stage is not None or machine.is_due(state, fleet.wish):
            is_refused = state is not None and fleet.wish.generation in fleet.orders.rolled_back
            if state is None or state.stage is not None or not is_refused:
                return False
        there = [each for each in fleet.clusters if each.is_registered]
        wanted = [(each, fleet.ask(each)) for each in there]
        return all(
            asked is not None and held == asked.held
            for each, asked in wanted
            for held in each.replicas
        )

    # How.

    def _join(self, replicas: int) -> None:
        name = f"c{len(self.fleet.clusters)}"
        self.fleet.clusters.append(Cluster(name=name, replicas=[None] * replicas))

    def _pick(self, number: int) -> Cluster:
        clusters = self.fleet.clusters
        return clusters[number % len(clusters)]

    def _find_target(self) -> int:
        state = self.fleet.state
        return (state.to_generation if state else None) or self.fleet.wish.generation

    def _approve(self, stage: Stage) -> None:
        approved = {(self._find_target(), stage.value.lower())}
        self.fleet.order(approved=self.fleet.orders.approved | approved)

    def _approve_all(self) -> None:
        for stage in NEEDS_APPROVAL:
            self._approve(stage)

    def _do_chores(self, number: int, skipped: frozenset[str]) -> None:
        fleet = self.fleet
        if "vault" not in skipped and fleet.state is not None:
            for each in range(2):
                fleet.vault.act(fleet.state, fleet.asked, each)
        for cluster in fleet.clusters:
            if "act" not in skipped:
                fleet.act(cluster)
            for place in range(len(cluster.replicas)):
                if "follow" not in skipped:
                    fleet.follow(cluster, place)
            if "publish" not in skipped:
                cluster.publish(number, fleet.now)
            if "prove" not in skipped:
                cluster.prove(fleet.now)
        if "reconcile" not in skipped:
            fleet.reconcile()
