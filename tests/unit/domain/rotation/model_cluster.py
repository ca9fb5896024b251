"""One cluster of the model: istiods that follow late, workloads, and what its operator proves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from roottrust.api.mesh import RotationEvidence
from roottrust.domain.rotation.evidence import MeshView
from tests.unit.domain.rotation.model_trust import MOUNT_TIME, Held, Workload

EPOCH = datetime(2027, 1, 1, tzinfo=UTC)
REPORTS_KEPT = 6


def tell(seconds: int) -> datetime:
    """Return a moment of the model as everybody else writes it."""
    return EPOCH + timedelta(seconds=seconds)


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """The IssuedCertificate of a mesh."""

    held: Held
    step: str | None


@dataclass(frozen=True, kw_only=True)
class Report:
    """What could be read in a cluster at one moment."""

    certificate: Certificate | None = None
    replicas: tuple[Held | None, ...] = ()
    published: tuple[int, ...] = ()
    evidence: RotationEvidence | None = None


@dataclass(kw_only=True)
class Cluster:
    """A cluster with one mesh; `is_blind` is when its operator does not run."""

    name: str
    replicas: list[Held | None]
    certificate: Certificate | None = None
    published: tuple[int, ...] = ()
    workloads: list[Workload] = field(default_factory=list)
    evidence: RotationEvidence | None = None
    evidence_since: int | None = None
    reports: list[Report] = field(default_factory=list)
    is_registered: bool = True
    is_silent: bool = False
    is_blind: bool = False

    @property
    def serving(self) -> list[Held]:
        """What its istiods hold, of those that run."""
        return [held for held in self.replicas if held is not None]

    def publish(self, number: int, now: int) -> None:
        """Let the istiod that leads write its roots into namespaces; mounts follow later."""
        held = self.replicas[number % len(self.replicas)]
        if held is None or held.roots == self.published:
            return
        self.published = held.roots
        for workload in self.workloads:
            workload.mount_due = workload.mount_due or now + MOUNT_TIME

    def start_workload(self, number: int, life: int, now: int) -> None:
        """Start a pod, if an istiod serves it."""
        if self.serving and self.published:
            held = self.serving[number % len(self.serving)]
            self.workloads.append(
                Workload(
                    life=life,
                    created=now,
                    leaf_at=now,
                    anchors=held.anchors,
                    roots=held.roots,
                    mounted=self.published,
                )
            )

    def mount(self, workload: Workload) -> None:
        """Let a kubelet bring the ConfigMap as it is now."""
        workload.mounted, workload.mount_due = self.published, None

    def find_next_event(self) -> int | None:
        """Return when something has to happen at the latest."""
        times = [each.leaf_ends for each in self.workloads]
        times += [each.mount_due for each in self.workloads if each.mount_due is not None]
        return min(times, default=None)

    def meet_deadlines(self, now: int) -> None:
        """Renew the leaves that end and mount what has waited for longest."""
        for number, workload in enumerate(self.workloads):
            if workload.mount_due is not None and workload.mount_due <= now:
                self.mount(workload)
            if workload.leaf_ends <= now:
                workload.renew(self.serving[(number + now) % len(self.serving)], now)

    def prove(self, now: int) -> None:
        """Let the cluster's operator look: a new step forgets the old, and `since` is kept.

        Times are whole seconds, so that a pod of the very second may be an older one.
        """
        asked = self.certificate
        if self.is_blind:
            return
        if asked is None or asked.step is None:
            self.evidence = None
            return
        if self.evidence is None or self.evidence.step != asked.step:
            self.evidence, self.evidence_since = RotationEvidence(step=asked.step), None
        serves = all(held == asked.held for held in self.replicas)
        if self.evidence_since is None and serves and self.published == asked.held.roots:
            self.evidence_since = now
        since = self.evidence_since
        if since is not None:
            old = [w for w in self.workloads if w.created <= since and now <= since + w.life]
            ends = max((since + each.life for each in old), default=None)
            self.evidence = RotationEvidence(
                step=asked.step,
                since=tell(since),
                total=len(old),
                ends_at=None if ends is None else tell(ends),
            )

    def note_report(self) -> None:
        """Keep what can be read now: it may be read, or arrive, much later."""
        report = Report(
            certificate=self.certificate,
            replicas=tuple(self.replicas),
            published=self.published,
            evidence=self.evidence,
        )
        self.reports = [*self.reports, report][-REPORTS_KEPT:]


def build_mesh_view(cluster: Cluster, issuance: Report, mesh: Report) -> MeshView:
    """Return what the hub sees: two objects, each of which may have been read late."""
    view = MeshView(cluster=cluster.name, mesh=f"mesh-of-{cluster.name}", evidence=mesh.evidence)
    asked = issuance.certificate
    if asked is None:
        return view
    return replace(
        view,
        step=asked.step,
        serves=all(held == asked.held for held in issuance.replicas),
        has_roots=mesh.published == asked.held.roots,
        message="It is on its way.",
    )
