"""The rotation of roots: whose one is, how far it is, and what follows from what was seen."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from roottrust.api.choices import RotationStage
from roottrust.api.rotation_status import RotationRoot, RotationStatus
from roottrust.domain.plan import Plan
from roottrust.domain.precedence import Claim
from roottrust.domain.rotation.course import Course
from roottrust.domain.rotation.evidence import FleetView, VaultView
from roottrust.domain.rotation.hurry import hurry
from roottrust.domain.rotation.istiod_restart import note_forced
from roottrust.domain.rotation.machine import advance, is_due
from roottrust.domain.rotation.node_proxies import tell_node_proxies
from roottrust.domain.rotation.report import (
    ToldRotation,
    name_place,
    tell_rotation,
    tell_shared,
)
from roottrust.domain.rotation.unseen import tell_unseen
from roottrust.domain.rotation.view import view_mesh
from roottrust.domain.rotation.wish import KUBELET_TIME, RotationWish, read_wish
from roottrust.hub.claim_book import ClaimBook
from roottrust.hub.cluster_registry import ClusterRegistry
from roottrust.hub.heard_cluster import find_silence
from roottrust.hub.lost_rotation import LostRotations
from roottrust.hub.policy_homes import PolicyHomes
from roottrust.hub.policy_key import build_policy_key
from roottrust.hub.policy_object import PolicyObject
from roottrust.hub.policy_pass import PolicyPass
from roottrust.hub.policy_reader import PolicyReader
from roottrust.hub.root_view import look_at_roots
from roottrust.hub.rotation_book import FleetPart, RotationBook
from roottrust.hub.unseen_dependants import AskedMount, UnseenDependants
from roottrust.hub.vault_server import VaultServer
from roottrust.runtime.store import ObjectKey

logger = logging.getLogger(__name__)

# What changes in Vault, nobody tells.
LOOK_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True)
class RotationResult:
    """What is told; `concerned` are the policies that have to be looked at once it is written."""

    told: ToldRotation
    concerned: frozenset[ObjectKey] = frozenset()
    next_look: datetime | None = None


class Rotations:
    """Follows the rotations of all roots; what is lost with it is found out again."""

    def __init__(
        self,
        *,
        clusters: ClusterRegistry,
        homes: PolicyHomes,
        claims: ClaimBook,
        reader: PolicyReader,
        now: Callable[[], datetime],
        kubelet_time: timedelta = KUBELET_TIME,
    ) -> None:
        self._kubelet_time = kubelet_time
        self._clusters = clusters
        self._homes = homes
        self._claims = claims
        self._reader = reader
        self._now = now
        self._book = RotationBook()
        self._unseen = UnseenDependants(now=now)
        self._lost = LostRotations(clusters=clusters, claims=claims, now=now)

    def forget(self, policy: ObjectKey) -> None:
        """Keep nothing of a policy that is gone."""
        self._book.forget(policy)
        self._unseen.forget(policy)

    async def find_course(
        self, claim: Claim, get_server: Callable[[], VaultServer]
    ) -> Course | None:
        """Return how far the rotation of a policy's root is; None for a root that nobody owns.

        Where nothing is kept of it, the owner works it out from Vault and clusters; those who
        share the root wait for that. Raises RootTrustError.
        """
        owner = self._claims.find_owner(claim)
        policy = self._homes.read(build_policy_key(owner.policy)) if owner else None
        if owner is None or policy is None:
            return None
        wish = self._read_wish(policy)
        told = _find_told(policy)
        state = _leave_given_up(policy.rotation, policy)
        if state is None or _has_no_root_yet(state, wish, told):
            state = await self._lost.find(claim, owner, wish, get_server)
        return Course(
            owner=owner.policy,
            state=state.model_copy(update={"owner": None}),  # it may have been another's before
            wish=hurry(wish, state),
            wanted=owner.target.root,
            told=told,
            deaf=self._book.list_deaf() if state.stage else frozenset(),
        )

    async def go_on(
        self, found: PolicyPass, course: Course, *, server: VaultServer
    ) -> RotationResult:
        """Note what was seen, and take the next step if the root is the policy's and all is proven.

        Raises RootTrustError of Vault.
        """
        key, identity = found.policy.key, found.policy.identity
        is_on = is_due(course.state, course.wish)
        is_news = is_on and self._book.note(key, self._build_part(found))
        if course.owner.full_name != identity.full_name:
            concerned = frozenset({build_policy_key(course.owner)}) if is_news else frozenset()
            told = tell_shared(
                course.state,
                owner=course.owner.full_name,
                asked=found.accepted.demand.spec.rotation.root_generation,
                counts=course.wish.generation,
                is_remote=identity.is_remote,
            )
            return RotationResult(told=told, concerned=concerned)
        if not is_on or found.plan is None or found.facts is None or not found.writes:
            return RotationResult(told=ToldRotation(status=course.state))
        vault = await look_at_roots(server, found.plan, found.facts, course, now=self._now())
        asked = _build_asked(server, found.plan, course)
        return await self._advance(found, course, vault, asked)

    async def _advance(
        self, found: PolicyPass, course: Course, vault: VaultView, asked: AskedMount | None
    ) -> RotationResult:
        now, state = self._now(), course.state
        sharing = {
            build_policy_key(each.policy): [cluster.cluster for cluster in each.target.clusters]
            for each in self._claims.list_sharing(found.claim)
        }
        view = note_forced(self._book.gather(vault, sharing), course.wish)
        others = await self._find_unseen(found.policy.key, asked, view, state)
        view = replace(view, unseen=(*tell_node_proxies(view.meshes), *others))
        step = advance(state, course.wish, view, now=now)
        has_moved = _get_place(step.state) != _get_place(state)
        if has_moved:
            logger.info("the rotation of the root goes on: %s", name_place(step.state))
        ends = [each.ends_at for each in step.waits if each.ends_at is not None]
        return RotationResult(
            told=tell_rotation(step, course.wish, view),
            concerned=frozenset(sharing) if has_moved else frozenset(),
            next_look=min((*ends, now + timedelta(seconds=LOOK_SECONDS))),
        )

    def _build_part(self, found: PolicyPass) -> FleetPart:
        clusters = found.target.clusters
        silences = {each.cluster: find_silence(self._clusters, each) for each in clusters}
        return FleetPart(
            meshes=tuple(view_mesh(each, found.request) for each in found.report.meshes),
            heard=frozenset(name for name, why in silences.items() if why is None),
            silent={name: why for name, why in silences.items() if why is not None},
        )

    async def _find_unseen(
        self, key: ObjectKey, asked: AskedMount | None, view: FleetView, state: RotationStatus
    ) -> tuple[str, ...]:
        """Return what speaks for others under the root; it is looked for before Drop alone."""
        if state.stage is not RotationStage.PROVE or asked is None:
            self._unseen.forget(key)
            return ()
        clusters = {*state.members, *view.heard, *view.silent}
        found = await self._unseen.look(key, asked, clusters)
        return tell_unseen(found, clusters, now=self._now())

    def _read_wish(self, owner: PolicyObject) -> RotationWish:
        rotation = self._reader.read(owner).spec.rotation
        needs_labels = any(each.cluster_selector for each in rotation.waves)
        known = self._clusters.list_clusters() if needs_labels else ()
        labels = {each.name: each.labels for each in known}
        return read_wish(
            rotation,
            annotations=owner.annotations,
            labels=labels,
            kubelet_time=self._kubelet_time,
        )


def _build_asked(server: VaultServer, plan: Plan, course: Course) -> AskedMount | None:
    """Return where others may be under the root in use; None where that cannot be used."""
    root, following = plan.root.usable, plan.next_root
    if root is None:
        return None
    usable = following.usable if following else None
    return AskedMount(
        server=server,
        mount=course.wanted.mount,
        root=root.certificate,
        following=usable.certificate if usable else None,
    )


def _leave_given_up(state: RotationStatus | None, policy: PolicyObject) -> RotationStatus | None:
    """Return what is kept without a root that a person gave up: then the specification names it."""
    if state is None or state.stage is not None or state.root is None:
        return state
    is_given_up = state.root.fingerprint == policy.given_up_root
    return state.model_copy(update={"root": None}) if is_given_up else state


def _has_no_root_yet(state: RotationStatus, wish: RotationWish, told: RotationRoot | None) -> bool:
    """Whether no root was ever in use: then a raised generation tells which one is."""
    if state.root_generation is None:
        return True
    is_new = told is None and state.root is None and not state.history
    return is_new and is_due(state, wish) and state.stage is None


def _find_told(policy: PolicyObject) -> RotationRoot | None:
    root = policy.status.root if policy.status else None
    if root is None or root.issuer is None or root.fingerprint == policy.given_up_root:
        return None
    return RotationRoot(issuer=root.issuer, fingerprint=root.fingerprint)


def _get_place(state: RotationStatus) -> tuple[object, ...]:
    return (state.root_generation, state.to_generation, state.stage, state.wave)
