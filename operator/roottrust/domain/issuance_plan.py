"""The plan of a policy's IssuedCertificates: what to write into clusters, and what is in the way.

Pure and total, as the plan of Vault is. One is written once Vault is ready for its cluster, and
goes when its mesh is not selected any more. Marks decide whose one is, as they do in Vault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from roottrust.api.choices import ObjectOrigin
from roottrust.api.mesh import MeshStatus
from roottrust.domain.action import Verb
from roottrust.domain.issuance import (
    AgentOptions,
    CertificateKey,
    build_key,
    build_metadata,
    build_spec,
)
from roottrust.domain.manifest import Manifest
from roottrust.domain.mark import OWNER_ANNOTATION, Mark, parse_mark
from roottrust.domain.ownership import Claimant
from roottrust.domain.plan import Plan
from roottrust.domain.rotation.cluster_trust import ClusterTrust
from roottrust.domain.target import ClusterTarget, MeshTarget, VaultTarget


@dataclass(frozen=True, kw_only=True)
class IssuanceRequest:
    """The whole input: a policy, the last plan of Vault, and what clusters have.

    `found` are the IssuedCertificates of the selected meshes, and all that carry the policy's mark.
    `complete` are the clusters whose meshes are all known: only there may one go. `known_roots` are
    the fingerprints of the root in use, and of one that takes its place. `reports` is what clusters
    tell of selected meshes.
    """

    claimant: Claimant
    target: VaultTarget
    options: AgentOptions
    plan: Plan | None
    found: Mapping[CertificateKey, Manifest]
    complete: frozenset[str]
    known_roots: frozenset[str] = frozenset()
    reports: Mapping[CertificateKey, MeshStatus] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CertificateAction:
    """One write; `found` is what is there now, `extra` are JSON pointers of fields to take off."""

    verb: Verb
    key: CertificateKey
    manifest: Manifest
    found: Manifest | None = None
    extra: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.verb} IssuedCertificate {self.key}"


@dataclass(frozen=True, kw_only=True)
class CertificateConflict:
    """An IssuedCertificate of somebody else's; `owner` is None where nobody says whose it is."""

    key: CertificateKey
    owner: str | None = None
    is_abandoned: bool = False


@dataclass(frozen=True, kw_only=True)
class IssuancePlan:
    """Writes in order, and what keeps others from being made; `wanted` is what is kept up."""

    actions: tuple[CertificateAction, ...] = ()
    conflicts: tuple[CertificateConflict, ...] = ()
    wanted: Mapping[CertificateKey, Manifest] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Wish:
    """One mesh for which an IssuedCertificate is wanted."""

    request: IssuanceRequest
    cluster: ClusterTarget
    mesh: MeshTarget
    trust: ClusterTrust

    @property
    def key(self) -> CertificateKey:
        """Where it is."""
        return build_key(self.cluster, self.mesh)

    @property
    def found(self) -> Manifest | None:
        """What is there, if anything."""
        return self.request.found.get(self.key)

    def build(self, origin: ObjectOrigin) -> Manifest:
        """Return it; a generation that was raised before cannot be lowered again."""
        request = self.request
        spec = build_spec(
            request.target, self.cluster, self.mesh, trust=self.trust, options=request.options
        )
        known = ((self.found or {}).get("spec") or {}).get("intermediateGeneration")
        if isinstance(known, int):
            spec["intermediateGeneration"] = max(known, spec["intermediateGeneration"])
        mark = request.claimant.build_mark(origin)
        return {"metadata": build_metadata(self.key, mark), "spec": spec}


@dataclass(frozen=True, kw_only=True)
class _Verdict:
    key: CertificateKey
    manifest: Manifest | None = None
    action: CertificateAction | None = None
    conflict: CertificateConflict | None = None


def plan_issuance(request: IssuanceRequest) -> IssuancePlan:
    """Work out all writes; planning after they are made yields none.

    While Vault cannot be looked at, everything stays as it is.
    """
    if request.plan is None:
        return IssuancePlan()
    verdicts = [_judge(each) for each in _list_wishes(request)]
    actions = [each.action for each in verdicts if each.action]
    return IssuancePlan(
        actions=(*actions, *_list_removals(request)),
        conflicts=tuple(each.conflict for each in verdicts if each.conflict),
        wanted={each.key: each.manifest for each in verdicts if each.manifest},
    )


def read_owner(found: Manifest) -> Mark | None:
    """Return the mark of an IssuedCertificate, None if it carries none."""
    annotations = found["metadata"].get("annotations") or {}
    return parse_mark(annotations.get(OWNER_ANNOTATION))


def list_selected(target: VaultTarget) -> Iterator[tuple[ClusterTarget, MeshTarget]]:
    """Return the meshes of a policy, each with its cluster."""
    for cluster in target.clusters:
        for mesh in cluster.meshes:
            yield cluster, mesh


def list_made(
    found: Mapping[CertificateKey, Manifest], claimant: Claimant
) -> tuple[CertificateAction, ...]:
    """Return the removals of everything that was made for a policy: it is deleted itself."""
    return tuple(
        _remove(key, manifest)
        for key, manifest in sorted(found.items())
        if _was_made(manifest, claimant) and not _is_going(manifest)
    )


def _list_wishes(request: IssuanceRequest) -> Iterator[_Wish]:
    """Return the meshes for whose cluster Vault is as agents need it."""
    plan = request.plan
    if plan is None or plan.root.actions:
        return
    for cluster, mesh in list_selected(request.target):
        part, trust = plan.clusters.get(cluster.cluster), plan.find_trust(cluster)
        if trust is None or part is None:
            continue
        if not (part.fault or part.actions or part.withheld or part.conflicts):
            yield _Wish(request=request, cluster=cluster, mesh=mesh, trust=trust)


def _judge(wish: _Wish) -> _Verdict:
    key, found, claimant = wish.key, wish.found, wish.request.claimant
    if found is None:
        manifest = wish.build(ObjectOrigin.CREATED)
        action = CertificateAction(verb=Verb.CREATE, key=key, manifest=manifest)
        return _Verdict(key=key, manifest=manifest, action=action)
    if _is_going(found):
        return _Verdict(key=key)  # once it is gone, it is made anew
    mark = read_owner(found)
    if mark is None:
        return _judge_unmarked(wish, found)
    manifest = wish.build(mark.origin)
    if claimant.owns(mark) or (claimant.knows_as_gone(mark) and _has_bundle(found, manifest)):
        return _keep(key, manifest, found)
    conflict = CertificateConflict(
        key=key, owner=mark.describe_owner(), is_abandoned=claimant.knows_as_gone(mark)
    )
    return _Verdict(key=key, conflict=conflict)


def _has_bundle(found: Manifest, manifest: Manifest) -> bool:
    """Whether agents go on under the same roots: then whoever is left may go on with them."""
    trusted = (found.get("spec") or {}).get("trustBundle")
    return bool(trusted == manifest["spec"]["trustBundle"])


def _judge_unmarked(wish: _Wish, found: Manifest) -> _Verdict:
    """Judge one that nobody marked; what is just as we want it is taken for ours."""
    manifest = wish.build(ObjectOrigin.CREATED)
    if found.get("spec") == manifest["spec"]:
        return _keep(wish.key, manifest, found)
    if not wish.request.claimant.adopts:
        return _Verdict(key=wish.key, conflict=CertificateConflict(key=wish.key))
    return _keep(wish.key, wish.build(ObjectOrigin.ADOPTED), found)


def _keep(key: CertificateKey, manifest: Manifest, found: Manifest) -> _Verdict:
    extra = tuple(_find_extra("/spec", found.get("spec"), manifest["spec"]))
    if not extra and _is_as_wanted(found, manifest):
        return _Verdict(key=key, manifest=manifest)
    action = CertificateAction(
        verb=Verb.UPDATE, key=key, manifest=manifest, found=found, extra=extra
    )
    return _Verdict(key=key, manifest=manifest, action=action)


def _is_as_wanted(found: Manifest, manifest: Manifest) -> bool:
    metadata = found["metadata"]
    return found.get("spec") == manifest["spec"] and all(
        (metadata.get(part) or {}).get(name) == text
        for part in ("labels", "annotations")
        for name, text in manifest["metadata"][part].items()
    )


def _find_extra(pointer: str, found: Any, wanted: Any) -> Iterator[str]:
    """Return what somebody added, the last first: server-side apply leaves what is of others."""
    if isinstance(found, list) and isinstance(wanted, list):
        for number, value in reversed(list(enumerate(found))):
            if value not in wanted:
                yield f"{pointer}/{number}"
    if not isinstance(found, Mapping) or not isinstance(wanted, Mapping):
        return
    for name, value in found.items():
        place = f"{pointer}/{name}"
        if name in wanted:
            yield from _find_extra(place, value, wanted[name])
        else:
            yield place


def _list_removals(request: IssuanceRequest) -> Iterable[CertificateAction]:
    """Return the removals of those whose meshes are not selected any more."""
    selected = {build_key(*each) for each in list_selected(request.target)}
    for action in list_made(request.found, request.claimant):
        if action.key not in selected and action.key.cluster in request.complete:
            yield action


def _remove(key: CertificateKey, found: Manifest) -> CertificateAction:
    return CertificateAction(verb=Verb.DELETE, key=key, manifest=found, found=found)


def _was_made(found: Manifest, claimant: Claimant) -> bool:
    """Whether this very policy made it: what one of its name left before was left on purpose."""
    mark = read_owner(found)
    return (
        mark is not None
        and (mark.hub, mark.policy) == (claimant.hub, claimant.policy)
        and mark.origin is ObjectOrigin.CREATED
    )


def _is_going(found: Manifest) -> bool:
    return bool(found["metadata"].get("deletionTimestamp"))
