"""The mirrors of one cluster's Meshes: what has to be written, and what is in the way. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from roottrust.api.mesh import MeshSpec, MeshStatus
from roottrust.api.mirrored_issuance import MirroredIssuance
from roottrust.domain.cluster_trouble import ClusterTrouble
from roottrust.domain.manifest import Manifest
from roottrust.domain.mirror_mark import MirrorPlace
from roottrust.domain.mirror_status import build_mirror_status


@dataclass(frozen=True, kw_only=True)
class ToldMesh:
    """A believed Mesh as its cluster has it, and how far its intermediates are."""

    manifest: Manifest
    issuance: MirroredIssuance | None = None

    @property
    def name(self) -> str:
        """The name that it has there, and its mirror here."""
        return str(self.manifest["metadata"]["name"])


@dataclass(frozen=True, kw_only=True)
class ToldCluster:
    """What a registered cluster tells; `meshes` is None while it has not told anything yet."""

    name: str
    meshes: tuple[ToldMesh, ...] | None
    trouble: ClusterTrouble | None = None


@dataclass(frozen=True, kw_only=True)
class WriteMirror:
    """Write a mirror, or the part of it that differs; `found` is what is there."""

    name: str
    manifest: Manifest | None
    status: MeshStatus | None
    found: Manifest | None

    @property
    def cost(self) -> int:
        """How many requests it takes."""
        return (self.manifest is not None) + (self.status is not None)


@dataclass(frozen=True, kw_only=True)
class RemoveMirror:
    """Remove that very mirror."""

    name: str
    uid: str
    cost: int = 1


MirrorAction = WriteMirror | RemoveMirror


@dataclass(frozen=True, kw_only=True)
class MirrorPlanned:
    """Removals before writes, and objects of others that have the name of a mirror."""

    actions: tuple[MirrorAction, ...]
    blocked: Mapping[str, Manifest]


def plan_mirrors(
    cluster: ToldCluster,
    found: Mapping[str, Manifest],
    *,
    place: MirrorPlace,
    now: datetime,
) -> MirrorPlanned:
    """Work out all writes; planning after they are made yields none.

    `found` are the Meshes of the hub's namespace by name: the cluster's mirrors, and whatever has
    the name of one.
    """
    mirrors = {
        name: each for name, each in found.items() if place.find_mirrored(each) == cluster.name
    }
    told = _list_told(cluster, mirrors)
    blocked = {
        each.name: found[each.name]
        for each in told
        if each.name in found and each.name not in mirrors
    }
    gone = sorted(mirrors.keys() - {each.name for each in told})
    removals = plan_removals({name: mirrors[name] for name in gone})
    writes = (
        _plan_write(each, mirrors.get(each.name), cluster=cluster, place=place, now=now)
        for each in told
        if each.name not in blocked
    )
    return MirrorPlanned(
        actions=(*removals, *(each for each in writes if each is not None)), blocked=blocked
    )


def plan_removals(mirrors: Mapping[str, Manifest]) -> Iterator[RemoveMirror]:
    """Return the removals of mirrors, such as those of a cluster that is registered no more."""
    for name, found in mirrors.items():
        metadata = found["metadata"]
        if not metadata.get("deletionTimestamp"):
            yield RemoveMirror(name=name, uid=str(metadata.get("uid") or ""))


def _list_told(cluster: ToldCluster, mirrors: Mapping[str, Manifest]) -> tuple[ToldMesh, ...]:
    """Return what is to be mirrored: before a cluster tells anything, what it told last."""
    if cluster.meshes is not None:
        unlike = {each.name: each for each in reversed(cluster.meshes)}
        return tuple(each for each in cluster.meshes if unlike[each.name] is each)
    known = ((each, MeshStatus.find(each.get("status"))) for each in mirrors.values())
    return tuple(
        ToldMesh(manifest=each, issuance=status.issuance if status else None)
        for each, status in known
    )


def _plan_write(
    told: ToldMesh,
    found: Manifest | None,
    *,
    cluster: ToldCluster,
    place: MirrorPlace,
    now: datetime,
) -> WriteMirror | None:
    if found is not None and found["metadata"].get("deletionTimestamp"):
        return None  # once it is gone, it is made anew
    previous = MeshStatus.find(found.get("status")) if found else None
    status = build_mirror_status(
        MeshStatus.find(told.manifest.get("status")),
        issuance=told.issuance,
        cluster=cluster.name,
        trouble=cluster.trouble,
        previous=previous,
        now=now,
    )
    manifest = _build_manifest(told, cluster=cluster.name, place=place)
    write = WriteMirror(
        name=told.name,
        manifest=None if manifest is None or _is_as_wanted(found, manifest) else manifest,
        status=None if status == previous else status,
        found=found,
    )
    return write if write.cost else None


def _build_manifest(told: ToldMesh, *, cluster: str, place: MirrorPlace) -> Manifest | None:
    try:
        spec = MeshSpec.model_validate(told.manifest.get("spec"))
    except ValidationError:
        return None
    return {
        "metadata": place.build_metadata(told.name, cluster=cluster),
        "spec": spec.model_dump(mode="json", by_alias=True, exclude_none=True),
    }


def _is_as_wanted(found: Manifest | None, wanted: Manifest) -> bool:
    if found is None or found.get("spec") != wanted["spec"]:
        return False
    return all(
        (found["metadata"].get(part) or {}).get(name) == text
        for part in ("labels", "annotations")
        for name, text in wanted["metadata"][part].items()
    )
