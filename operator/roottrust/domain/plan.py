"""The plan of one policy: what to write to Vault, in order, and what stands in the way.

Pure and total: the same snapshot gives the same plan, and no snapshot makes it raise. Planning
after applying yields nothing more to do; where an object must exist before the next one can be
worked out, that takes another round.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from roottrust.domain.action import Action
from roottrust.domain.cluster_plan import ClusterPlan, plan_cluster
from roottrust.domain.existing_root import RootPlan, UsableRoot
from roottrust.domain.root_plan import plan_root
from roottrust.domain.rotation.cluster_trust import ClusterTrust, find_trust
from roottrust.domain.rotation.next_root import NextRootPlan, plan_next_root
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.target import ClusterTarget


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The root's plan, and one for each cluster; clusters do not wait for each other.

    `next_root` is that of the root that is to take its place, None if none is.
    """

    root: RootPlan
    clusters: Mapping[str, ClusterPlan]
    next_root: NextRootPlan | None = None
    warnings: tuple[str, ...] = ()

    @property
    def actions(self) -> tuple[Action, ...]:
        """All writes, in an order in which they can be made."""
        clusters = (each.actions for each in self.clusters.values())
        following = list_next_actions(self)
        return (*self.root.actions, *following, *chain.from_iterable(clusters))

    @property
    def withheld(self) -> tuple[Action, ...]:
        """The writes that wait until conflicts are over."""
        return tuple(action for cluster in self.clusters.values() for action in cluster.withheld)

    @property
    def builds_on_mounts(self) -> bool:
        """Whether anything is written that relies on a mount which is there."""
        in_clusters = any(each.builds_on_mounts for each in self.clusters.values())
        return in_clusters or bool(list_next_actions(self))

    @property
    def is_complete(self) -> bool:
        """Whether nothing more will come up once the actions are applied."""
        waits = self.next_root is not None and self.next_root.is_pending
        return not (self.root.is_pending or waits)

    @property
    def following(self) -> UsableRoot | None:
        """The root that is to take the other's place, None while it is not usable."""
        return self.next_root.usable if self.next_root else None

    def find_trust(self, cluster: ClusterTarget) -> ClusterTrust | None:
        """Return who signs for a cluster and what it trusts, None while that is not usable."""
        return find_trust(cluster.step, root=self.root.usable, following=self.following)


def list_next_actions(plan: Plan) -> tuple[Action, ...]:
    """Return what is written for the root that is to take the other's place."""
    return plan.next_root.actions if plan.next_root else ()


def plan_policy(snapshot: Snapshot) -> Plan:
    """Work out what brings Vault to what the policy asks for."""
    root = plan_root(snapshot)
    following = plan_next_root(snapshot, root)
    usable = following.usable if following else None
    clusters = {
        cluster.cluster: plan_cluster(snapshot, cluster, root=root, following=usable)
        for cluster in snapshot.target.clusters
    }
    warnings = snapshot.target.warnings + root.warnings
    warnings += following.warnings if following else ()
    warnings += tuple(text for cluster in clusters.values() for text in cluster.warnings)
    return Plan(
        root=root, next_root=following, clusters=clusters, warnings=tuple(dict.fromkeys(warnings))
    )
