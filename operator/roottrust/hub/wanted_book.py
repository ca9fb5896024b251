"""What policies had in Vault as this process last saw it to be just as they wanted it.

Whatever differs from that was changed by somebody else; nothing of it outlives the process.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from roottrust.domain.action import Action
from roottrust.domain.cluster_plan import ClusterPlan
from roottrust.domain.existing_root import RootPlan
from roottrust.domain.outcome import Outcome
from roottrust.domain.plan import Plan
from roottrust.domain.repair import KnownObject
from roottrust.domain.target import VaultTarget
from roottrust.domain.vault_object import digest_fields
from roottrust.runtime.store import ObjectKey

Place = tuple[str, str | None]


@dataclass(kw_only=True)
class _Page:
    """One policy's objects by path, in one namespace of one Vault."""

    place: Place
    objects: dict[str, KnownObject] = field(default_factory=dict)


class WantedBook:
    """One page for each policy."""

    def __init__(self) -> None:
        self._pages: dict[ObjectKey, _Page] = {}

    def look_up(self, key: ObjectKey, target: VaultTarget | None) -> Mapping[str, KnownObject]:
        """Return the objects of a policy by path; another Vault's are none of these."""
        page = self._pages.get(key)
        return page.objects if page and target and page.place == _get_place(target) else {}

    def note(self, key: ObjectKey, outcome: Outcome, applied: Iterable[Action]) -> None:
        """Take over what was written, and what the last look found to be as it was wanted."""
        if outcome.target is None:
            return
        objects = {
            **self.look_up(key, outcome.target),
            **{action.wanted.path: digest_fields(action.wanted) for action in applied},
        }
        if outcome.plan is not None:
            objects = _take_over(objects, outcome.plan)
        self._pages[key] = _Page(place=_get_place(outcome.target), objects=objects)

    def forget(self, key: ObjectKey) -> None:
        """Keep nothing of a policy that is gone."""
        self._pages.pop(key, None)


def _take_over(known: Mapping[str, KnownObject], plan: Plan) -> dict[str, KnownObject]:
    """Return what is known after a look; what the policy does not want any more goes."""
    pending = {action.wanted.path for action in (*plan.actions, *plan.withheld)}
    parts: tuple[RootPlan | ClusterPlan, ...] = (plan.root, *plan.clusters.values())
    managed = {each.wanted.path: each.wanted for part in parts for each in part.managed}
    seen = {path: digest_fields(each) for path, each in managed.items() if path not in pending}
    is_whole = all(part.fault is None for part in parts)
    kept = {path: each for path, each in known.items() if path in managed or not is_whole}
    return {**kept, **seen}


def _get_place(target: VaultTarget) -> Place:
    return target.server, target.namespace
