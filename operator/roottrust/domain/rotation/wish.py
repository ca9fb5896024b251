"""What people ask of a rotation: its specification, and the annotations that steer it.

Annotations, so that Git can hold them; each names the generation, so that none outlives its
rotation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from roottrust.api.choices import RotationStage, RotationStrategy, Verification
from roottrust.api.rotation import Rotation, Wave
from roottrust.domain.rotation.annotation_entries import split_entries

APPROVE_ANNOTATION = "admin.gloo.solo.io/rotation-approve"
PAUSE_ANNOTATION = "admin.gloo.solo.io/rotation-pause"
ROLLBACK_ANNOTATION = "admin.gloo.solo.io/rotation-rollback"
EXCLUDE_ANNOTATION = "admin.gloo.solo.io/rotation-exclude"
COMPROMISED_ANNOTATION = "admin.gloo.solo.io/rotation-compromised"

# A mounted ConfigMap was seen to follow after up to 66 seconds (kubelet's sync period and jitter).
KUBELET_TIME = timedelta(seconds=100)

_NUMBER = re.compile(r"[1-9][0-9]{0,6}")
_NAMED = re.compile(r"([1-9][0-9]{0,6})/([A-Za-z0-9][-A-Za-z0-9]{0,62})")

Named = frozenset[tuple[int, str]]


@dataclass(frozen=True, kw_only=True)
class Orders:
    """What annotations ask for, by generation; `problems` are those that nobody understands."""

    approved: Named = frozenset()
    paused: frozenset[int] = frozenset()
    rolled_back: frozenset[int] = frozenset()
    excluded: Named = frozenset()
    compromised: frozenset[int] = frozenset()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RotationWish:
    """What is asked for; `waves` are the names of their clusters, the others come last.

    `kubelet_time` is how long kubelets are given to bring changed roots into pods. `is_hurried`
    says that the root to be replaced is compromised.
    """

    generation: int = 1
    strategy: RotationStrategy = RotationStrategy.AUTO
    is_manual: bool = False
    soak: timedelta = timedelta(0)
    waves: tuple[frozenset[str], ...] = ()
    dependants: tuple[str, ...] = ()
    orders: Orders = field(default_factory=Orders)
    kubelet_time: timedelta = KUBELET_TIME
    is_hurried: bool = False

    def find_wave(self, cluster: str) -> int:
        """Return the wave of a cluster: the first that has it, or else the last."""
        found = (number for number, names in enumerate(self.waves) if cluster in names)
        return next(found, len(self.waves))

    def is_approved(self, stage: RotationStage, generation: int) -> bool:
        """Whether a person lets a rotation into a stage."""
        return (generation, stage.value.lower()) in self.orders.approved

    def is_excluded(self, cluster: str, generation: int) -> bool:
        """Whether a person took a cluster out of a rotation."""
        return (generation, cluster) in self.orders.excluded


def read_wish(
    rotation: Rotation,
    *,
    annotations: Mapping[str, str],
    labels: Mapping[str, Mapping[str, str]],
    kubelet_time: timedelta = KUBELET_TIME,
) -> RotationWish:
    """Return what a policy asks for; `labels` are those of all clusters by their names."""
    return RotationWish(
        generation=rotation.root_generation,
        strategy=rotation.strategy,
        is_manual=rotation.verification is Verification.MANUAL,
        soak=timedelta(seconds=rotation.soak_seconds),
        waves=tuple(frozenset(_list_clusters(each, labels)) for each in rotation.waves),
        dependants=tuple(each.name for each in rotation.external_dependants),
        orders=read_orders(annotations),
        kubelet_time=kubelet_time,
    )


def read_orders(annotations: Mapping[str, str]) -> Orders:
    """Return what annotations ask for, and those that ask for nothing that there is."""
    problems: list[str] = []
    approved = _read_named(annotations, APPROVE_ANNOTATION, problems)
    return Orders(
        approved=frozenset((number, name.lower()) for number, name in approved),
        paused=_read_numbers(annotations, PAUSE_ANNOTATION, problems),
        rolled_back=_read_numbers(annotations, ROLLBACK_ANNOTATION, problems),
        excluded=_read_named(annotations, EXCLUDE_ANNOTATION, problems),
        compromised=_read_numbers(annotations, COMPROMISED_ANNOTATION, problems),
        problems=tuple(problems),
    )


def _list_clusters(wave: Wave, labels: Mapping[str, Mapping[str, str]]) -> Iterable[str]:
    yield from wave.clusters
    if wave.cluster_selector:
        wanted = wave.cluster_selector.items()
        yield from (name for name, found in labels.items() if wanted <= found.items())


def _read_numbers(annotations: Mapping[str, str], name: str, problems: list[str]) -> frozenset[int]:
    found = split_entries(annotations, name)
    if all(_NUMBER.fullmatch(each) for each in found):
        return frozenset(int(each) for each in found)
    problems.append(f"The annotation {name} must be a rootGeneration, such as 2: it is ignored.")
    return frozenset()


def _read_named(annotations: Mapping[str, str], name: str, problems: list[str]) -> Named:
    found = [_NAMED.fullmatch(each) for each in split_entries(annotations, name)]
    if all(found):
        return frozenset((int(each[1]), each[2]) for each in found if each)
    what = "2/Drop" if name == APPROVE_ANNOTATION else "2/cluster1"
    problems.append(
        f"The annotation {name} must be rootGeneration/name, such as {what}, several with commas: "
        "it is ignored."
    )
    return frozenset()
