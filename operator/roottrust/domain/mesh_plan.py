"""The Mesh object of one istiod: what it should say, and what has to be written for that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from roottrust.api.mesh import MeshSpec
from roottrust.domain.discovery import Istiod
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.managed_by import MANAGED_BY, is_managed
from roottrust.domain.manifest import Manifest, read_mapping
from roottrust.domain.mirror_mark import is_mirror
from roottrust.domain.reasons import Reason


@dataclass(frozen=True, kw_only=True)
class MeshPlace:
    """Where a cluster's Mesh objects lie: in the operator's own namespace, `home`."""

    cluster: str
    home: str

    def build_name(self, *, deployment: str, namespace: str) -> str:
        """Return the name of an istiod's Mesh."""
        return f"{deployment}-{namespace}-{self.cluster}"


@dataclass(frozen=True, kw_only=True)
class ApplyMesh:
    """Write the Mesh as it should be."""

    manifest: Manifest


@dataclass(frozen=True, kw_only=True)
class DeleteMesh:
    """Delete that very Mesh."""

    name: str
    uid: str


def plan_mesh(
    istiod: Istiod, found: Manifest | None, *, place: MeshPlace, trust_domain: str | None
) -> ApplyMesh | None:
    """Return what has to be written for an istiod, None if its Mesh is right.

    `trust_domain` None is for one that could not be read: what the Mesh says of it stays. Raises
    InvalidSpecError for an istiod that no Mesh can tell of.
    """
    _check_name(istiod, found)
    known = _read_istio(found).get("trustDomain")
    wanted = _build_manifest(istiod, place=place, trust_domain=trust_domain or known)
    return ApplyMesh(manifest=wanted) if found is None or _differs(wanted, found) else None


def plan_removal(found: Manifest | None, *, place: MeshPlace, namespace: str) -> DeleteMesh | None:
    """Return the removal of the Mesh of an istiod that is gone, if it is there and ours."""
    if found is None or not is_ours(found, place=place):
        return None
    return build_removal(found) if find_istiod_namespace(found) == namespace else None


def build_removal(found: Manifest) -> DeleteMesh:
    """Return the removal of that very Mesh."""
    metadata = found["metadata"]
    return DeleteMesh(name=metadata["name"], uid=str(metadata.get("uid") or ""))


def is_ours(found: Manifest, *, place: MeshPlace) -> bool:
    """Whether a Mesh was made here; the hub mirrors those of other clusters beside them."""
    if is_mirror(found):
        return False
    metadata = read_mapping(found.get("metadata"))
    labels = read_mapping(metadata.get("labels"))
    installation = read_mapping(_read_istio(found).get("installation"))
    return (
        metadata.get("namespace") == place.home
        and is_managed(labels)
        and installation.get("cluster") == place.cluster
    )


def find_istiod_namespace(found: Manifest) -> str:
    """Return the namespace of a Mesh's istiod."""
    return str(read_mapping(_read_istio(found).get("installation")).get("namespace") or "")


def find_deployment(found: Manifest, *, place: MeshPlace) -> str | None:
    """Return the name of a Mesh's istiod, None if the Mesh is not named after one."""
    namespace = find_istiod_namespace(found)
    ending = place.build_name(deployment="", namespace=namespace)
    name = str(found["metadata"]["name"])
    return name.removesuffix(ending) or None if name.endswith(ending) else None


def _build_manifest(
    istiod: Istiod, *, place: MeshPlace, trust_domain: str | None
) -> dict[str, Any]:
    installation = {
        "namespace": istiod.namespace,
        "cluster": place.cluster,
        "podLabels": dict(istiod.pod_labels),
        "version": istiod.version,
        "revision": istiod.revision,
    }
    istio: dict[str, Any] = {
        "installation": {name: value for name, value in installation.items() if value},
        "istiodServiceAccount": istiod.service_account,
    }
    if trust_domain:
        istio["trustDomain"] = trust_domain
    spec = _build_spec(istiod, istio)
    name = place.build_name(deployment=istiod.deployment, namespace=istiod.namespace)
    return {
        "metadata": {
            "namespace": place.home,
            "name": name,
            "labels": dict(MANAGED_BY),
        },
        "spec": spec.model_dump(mode="json", by_alias=True, exclude_none=True),
    }


def _differs(wanted: Manifest, found: Manifest) -> bool:
    """Whether a field that we own is another; what others added beside them is left to them."""
    metadata = read_mapping(found.get("metadata"))
    labels = read_mapping(metadata.get("labels"))
    return not (is_managed(labels) and _holds(found.get("spec"), wanted["spec"]))


def _holds(found: object, wanted: object) -> bool:
    if not isinstance(wanted, Mapping):
        return found == wanted
    return isinstance(found, Mapping) and all(
        _holds(found.get(name), value) for name, value in wanted.items()
    )


def _read_istio(found: Manifest | None) -> Manifest:
    return read_mapping(read_mapping((found or {}).get("spec")).get("istio"))


def _build_spec(istiod: Istiod, istio: Manifest) -> MeshSpec:
    try:
        return MeshSpec.model_validate({"istio": istio})
    except ValidationError as error:
        fields = ", ".join(".".join(str(part) for part in each["loc"]) for each in error.errors())
        raise InvalidSpecError(
            f"The istiod {istiod.full_name} gets no Mesh, which has no room for its {fields}.",
            reason=Reason.INVALID_SPEC,
        ) from None


def _check_name(istiod: Istiod, found: Manifest | None) -> None:
    """See that the Mesh by that name is this istiod's: `a-b` in `c` has the one of `a` in `b-c`."""
    if found is None:
        return
    namespace = find_istiod_namespace(found)
    if namespace and namespace != istiod.namespace:
        raise InvalidSpecError(
            f"The istiod {istiod.full_name} gets no Mesh, since its name belongs to that of one in "
            f"namespace {namespace}: rename one of the two.",
            reason=Reason.CONFLICT,
        )
