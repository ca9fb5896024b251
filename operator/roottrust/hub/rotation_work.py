"""The rotation of roots: whose one is, how far it is, and what follows from what was seen."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from roottrust.api.choices import RotationStrategy
from roottrust.api.rotation_status import RotationRoot, RotationStatus
from roottrust.domain.certificate import Certificate
from roottrust.domain.errors import DependencyMissingError, RootTrustError
from roottrust.domain.existing_root import UsableRoot
from roottrust.domain.facts import VaultFacts
from roottrust.domain.issuance_object import read_roots, read_spec
from roottrust.domain.issuance_plan import IssuanceRequest
from roottrust.domain.issuance_report import IssuanceReport
from roottrust.domain.plan import Plan
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.precedence import Claim
from roottrust.domain.reasons import Reason
from roottrust.domain.rotation.course import Course
from roottrust.domain.rotation.cross import can_cross_sign, check_cross
from roottrust.domain.rotation.evidence import VaultView
from roottrust.domain.rotation.found_roots import find_roots
from roottrust.domain.rotation.gate import choose_strategy
from roottrust.domain.rotation.infer import FoundPosture, infer_state
from roottrust.domain.rotation.machine import advance, is_due
from roottrust.domain.rotation.report import ToldRotation, tell_rotation, tell_shared
from roottrust.domain.rotation.view import view_mesh
from roottrust.domain.rotation.wish import KUBELET_TIME, RotationWish, read_wish
from roottrust.domain.target import VaultTarget
from roottrust.hub.claim_book import ClaimBook
from roottrust.hub.cluster_registry import ClusterRegistry
from roottrust.hub.kinds import POLICIES
from roottrust.hub.policy_homes import PolicyHomes
from roottrust.hub.policy_object import PolicyObject
from roottrust.hub.policy_reader import PolicyReader
from roottrust.hub.rotation_book import FleetPart, RotationBook
from roottrust.hub.vault_server import VaultServer
from roottrust.runtime.fence import FencedError
from roottrust.runtime.store import ObjectKey

logger = logging.getLogger(__name__)

# What changes in Vault, nobody tells.
LOOK_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True)
class RotationLook:
    """All that a policy's pass has found out, for the rotation of its root."""

    policy: PolicyObject
    claim: Claim
    target: VaultTarget
    server: VaultServer
    plan: Plan | None
    facts: VaultFacts | None
    request: IssuanceRequest
    report: IssuanceReport


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

    def forget(self, policy: ObjectKey) -> None:
        """Keep nothing of a policy that is gone."""
        self._book.forget(policy)

    async def find_course(
        self, claim: Claim, get_server: Callable[[], VaultServer]
    ) -> Course | None:
        """Return how far the rotation of a policy's root is; None for a root that nobody owns.

        Where nothing is kept of it, the owner works it out from Vault and clusters; those who
        share the root wait for that. Raises RootTrustError.
        """
        owner = self._claims.find_owner(claim)
        policy = self._homes.read(_build_key(owner.policy)) if owner else None
        if owner is None or policy is None:
            return None
        wish = self._read_wish(policy)
        state = policy.rotation
        if state is None or state.root_generation is None:
            state = await self._find_lost(claim, owner, wish, get_server)
        return Course(
            owner=owner.policy.full_name,
            state=state.model_copy(update={"owner": None}),  # it may have been another's before
            wish=wish,
            wanted=owner.target.root,
            told=_find_told(policy),
            deaf=self._book.list_deaf() if state.stage else frozenset(),
        )

    async def go_on(self, look: RotationLook, course: Course, *, writes: bool) -> RotationResult:
        """Note what was seen, and take the next step if the root is the policy's and all is proven.

        Raises RootTrustError of Vault.
        """
        key, name = look.policy.key, look.policy.identity.full_name
        is_on = is_due(course.state, course.wish)
        is_news = is_on and self._book.note(key, self._build_part(look))
        if course.owner != name:
            owner = _find_owner_key(course)
            concerned = frozenset({owner}) if is_news else frozenset()
            told = tell_shared(
                course.state,
                owner=course.owner,
                asked=self._reader.read(look.policy).spec.rotation.root_generation,
                counts=course.wish.generation,
            )
            return RotationResult(told=told, concerned=concerned)
        if not is_on or look.plan is None or look.facts is None or not writes:
            return RotationResult(told=ToldRotation(status=course.state))
        return await self._advance(look, look.plan, look.facts, course)

    async def _advance(
        self, look: RotationLook, plan: Plan, facts: VaultFacts, course: Course
    ) -> RotationResult:
        now, state = self._now(), course.state
        vault = await self._look_at_roots(look.server, plan, facts, course)
        sharing = {
            _build_key(each.policy): [cluster.cluster for cluster in each.target.clusters]
            for each in self._claims.list_sharing(look.claim)
        }
        view = self._book.gather(vault, sharing)
        step = advance(state, course.wish, view, now=now)
        has_moved = _get_place(step.state) != _get_place(state)
        if has_moved:
            logger.info("the rotation of the root goes on: %s", _describe(step.state))
        ends = [each.ends_at for each in step.waits if each.ends_at is not None]
        return RotationResult(
            told=tell_rotation(step, course.wish, view),
            concerned=frozenset(sharing) if has_moved else frozenset(),
            next_look=min((*ends, now + timedelta(seconds=LOOK_SECONDS))),
        )

    def _build_part(self, look: RotationLook) -> FleetPart:
        silent, heard = {}, set()
        for cluster in look.target.clusters:
            objects = self._clusters.get_objects(cluster.cluster)
            if cluster.trouble is not None:
                silent[cluster.cluster] = cluster.trouble.describe(cluster.cluster)
            elif objects is None or not objects.is_complete:
                silent[cluster.cluster] = f"{cluster.cluster} is still being read."
            else:
                heard.add(cluster.cluster)
        meshes = tuple(view_mesh(each, look.request) for each in look.report.meshes)
        return FleetPart(meshes=meshes, heard=frozenset(heard), silent=silent)

    async def _look_at_roots(
        self, server: VaultServer, plan: Plan, facts: VaultFacts, course: Course
    ) -> VaultView:
        root, following = plan.root.usable, plan.next_root
        default = facts.default_issuer or ""
        if following is None:
            return VaultView(previous=_refer_usable(root), default_issuer=default)
        fault = following.fault.message if following.fault else None
        cross, problem, can_cross = None, None, False
        if root is not None and following.usable is not None:
            can_cross = can_cross_sign(root.certificate, following.usable.certificate)
            cross, problem = await self._find_cross(server, root, following.usable, course)
        return VaultView(
            previous=_refer_usable(root),
            next=_refer_usable(following.usable),
            can_cross_sign=can_cross,
            cross_certificate=cross,
            fault=fault or problem,
            interference=following.default_fault.message if following.default_fault else None,
            is_settled=following.is_done and not plan.root.actions and not following.actions,
            default_issuer=default,
        )

    async def _find_cross(
        self, server: VaultServer, root: UsableRoot, following: UsableRoot, course: Course
    ) -> tuple[str | None, str | None]:
        """Return the next root signed by the one in use, or what keeps it from being so."""
        roots = (root.certificate, following.certificate)
        known = course.state.cross_certificate
        if known is not None and check_cross(known, *roots, now=self._now()) is None:
            return known, None
        if not _wants_cross(course, *roots):
            return None, None
        pem = following.certificate.pem
        try:
            made = await server.cross_sign(course.wanted.mount, root.issuer_id, pem)
        except FencedError:
            raise
        except RootTrustError as error:
            return None, error.message
        problem = check_cross(made, *roots, now=self._now())
        return (made, None) if problem is None else (None, problem)

    async def _find_lost(
        self,
        claim: Claim,
        owner: Claim,
        wish: RotationWish,
        get_server: Callable[[], VaultServer],
    ) -> RotationStatus:
        if wish.generation == 1:
            return RotationStatus(root_generation=1)
        if owner.policy != claim.policy:
            raise DependencyMissingError(
                f"RootTrustPolicy {owner.policy.full_name}, whose root this is, has not told yet "
                "how far its rotation is.",
                reason=Reason.WAITING_FOR_ROTATION,
            )
        root = owner.target.root
        found = await get_server().observe_issuers(root.mount)
        roots = find_roots(
            found.issuers, default=found.default, reference=root.issuer, wanted=wish.generation
        )
        if roots.is_on_the_way:
            self._require_all_heard(owner, wish)
        postures = list(self._list_postures(owner))
        state = infer_state(wish, roots, postures, now=self._now())
        logger.info("the rotation of the root is found anew: %s", _describe(state))
        return state

    def _require_all_heard(self, owner: Claim, wish: RotationWish) -> None:
        """Raise DependencyMissingError while a cluster is not heard: it may be ahead of all others.

        One that a person took out of the rotation is not waited for.
        """
        for claim in self._claims.list_sharing(owner):
            for cluster in claim.target.clusters:
                objects = self._clusters.get_objects(cluster.cluster)
                is_heard = cluster.trouble is None and objects is not None and objects.is_complete
                if is_heard or wish.is_excluded(cluster.cluster, wish.generation):
                    continue
                raise DependencyMissingError(
                    "How far the rotation of the root is, is not told by any status, and cannot be "
                    f"found out before {cluster.cluster} is heard.",
                    reason=Reason.WAITING_FOR_ROTATION,
                )

    def _list_postures(self, owner: Claim) -> Iterator[FoundPosture]:
        for claim in self._claims.list_sharing(owner):
            for key, manifest in self._clusters.find_owned(claim.policy.full_name).items():
                spec = read_spec(manifest)
                roots = read_roots(spec.trust_bundle) if spec else ()
                if spec is None or not roots:
                    continue
                signing = read_roots(spec.signing_root) if spec.signing_root else ()
                yield FoundPosture(
                    cluster=key.cluster,
                    signer=(signing or roots)[0].fingerprint,
                    roots=tuple(each.fingerprint for each in roots),
                    cross_certificate=spec.cross_certificates,
                )

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


def _wants_cross(course: Course, root: Certificate, following: Certificate) -> bool:
    strategy, can_cross = course.state.strategy, can_cross_sign(root, following)
    if strategy is None:
        strategy = choose_strategy(course.wish, VaultView(can_cross_sign=can_cross))
    return strategy is RotationStrategy.CROSS_SIGNED and can_cross


def _refer_usable(root: UsableRoot | None) -> RotationRoot | None:
    if root is None:
        return None
    return RotationRoot(issuer=root.issuer_id, fingerprint=root.certificate.fingerprint)


def _find_told(policy: PolicyObject) -> RotationRoot | None:
    root = policy.status.root if policy.status else None
    if root is None or root.issuer is None:
        return None
    return RotationRoot(issuer=root.issuer, fingerprint=root.fingerprint)


def _build_key(policy: PolicyIdentity) -> ObjectKey:
    return ObjectKey(
        kind=POLICIES, namespace=policy.namespace, name=policy.name, cluster=policy.cluster
    )


def _find_owner_key(course: Course) -> ObjectKey:
    namespace, _, name = course.owner.partition("/")
    return ObjectKey(kind=POLICIES, namespace=namespace, name=name)


def _get_place(state: RotationStatus) -> tuple[object, ...]:
    return (state.root_generation, state.to_generation, state.stage, state.wave)


def _describe(state: RotationStatus) -> str:
    if state.stage is None:
        return f"generation {state.root_generation} is in use"
    return f"{state.stage} of generation {state.to_generation}, wave {state.wave or 0}"
