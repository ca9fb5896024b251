"""What is kept of an object that another cluster sends, which may have changed our kinds.

A cluster's administrator can replace the CustomResourceDefinitions, or the API server. So nothing
is taken for granted of its objects; what does not have the form of our kinds is as if it were not
there, and only what the hub reads is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from roottrust.api.issued_certificate import (
    Instance,
    IssuedCertificateSpec,
    IssuedCertificateStatus,
)
from roottrust.api.listing import has_unlike_entries
from roottrust.api.mesh import MeshSpec, MeshStatus

_TEXTS = (
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
)
_TEXT_MAPS = ("labels", "annotations")
INSTANCES_MAX = 100

Object = Mapping[str, Any]


def keep_mesh(found: Object) -> Object:
    """Return what is kept of a Mesh."""
    return _keep(found, spec=MeshSpec, status=_keep_valid(found.get("status"), MeshStatus))


def keep_certificate(found: Object) -> Object:
    """Return what is kept of an IssuedCertificate; its entries are looked at one by one."""
    given = found.get("status")
    status = _keep_valid(given, IssuedCertificateStatus)
    if status is None and isinstance(given, dict) and isinstance(given.get("instances"), list):
        entries = given["instances"][:INSTANCES_MAX]
        status = {"instances": [each for each in entries if _keep_valid(each, Instance)]}
    return _keep(found, spec=IssuedCertificateSpec, status=status)


def _keep(found: Object, *, spec: type[BaseModel], status: Object | None) -> Object:
    kept: dict[str, Any] = {"metadata": _keep_metadata(found["metadata"])}
    kept["spec"] = _keep_valid(found.get("spec"), spec) or {}
    return kept if status is None else {**kept, "status": status}


def _keep_metadata(metadata: Object) -> dict[str, Any]:
    kept: dict[str, Any] = {
        name: metadata[name] for name in _TEXTS if isinstance(metadata.get(name), str)
    }
    if isinstance(metadata.get("generation"), int):
        kept["generation"] = metadata["generation"]
    for name in _TEXT_MAPS:
        texts = metadata.get(name)
        if isinstance(texts, dict) and all(isinstance(each, str) for each in texts.values()):
            kept[name] = texts
    finalizers = metadata.get("finalizers")
    if isinstance(finalizers, list) and all(isinstance(each, str) for each in finalizers):
        kept["finalizers"] = finalizers
    return kept


def _keep_valid(content: object, model: type[BaseModel]) -> Object | None:
    if not isinstance(content, dict):
        return None
    try:
        found = model.model_validate(content)
    except (ValidationError, RecursionError):
        return None
    # What is mirrored has to be taken by our own API server.
    return content if has_unlike_entries(found) else None
