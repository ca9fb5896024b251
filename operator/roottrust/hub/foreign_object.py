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
# Ours are half as deep.
_DEPTH_MAX = 24

Object = Mapping[str, Any]


def keep_mesh(found: Object) -> Object:
    """Return what is kept of a Mesh."""
    return _keep(found, spec=MeshSpec, status=keep_valid(found.get("status"), MeshStatus))


def keep_certificate(found: Object) -> Object:
    """Return what is kept of an IssuedCertificate; its entries are looked at one by one."""
    given = found.get("status")
    status = keep_valid(given, IssuedCertificateStatus)
    if status is None and isinstance(given, dict) and isinstance(given.get("instances"), list):
        entries = given["instances"][:INSTANCES_MAX]
        status = {"instances": [each for each in entries if keep_valid(each, Instance)]}
    return _keep(found, spec=IssuedCertificateSpec, status=status)


def _keep(found: Object, *, spec: type[BaseModel], status: Object | None) -> Object:
    kept: dict[str, Any] = {"metadata": keep_metadata(found["metadata"])}
    kept["spec"] = keep_valid(found.get("spec"), spec) or {}
    return kept if status is None else {**kept, "status": status}


def keep_metadata(metadata: Object) -> dict[str, Any]:
    """Return of metadata what has the form that it has in every API server."""
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


def keep_valid(content: object, model: type[BaseModel]) -> Object | None:
    """Return what a model takes, None for anything else: it may hold more than the model has."""
    if not isinstance(content, dict) or not is_shallow(content):
        return None
    try:
        found = model.model_validate(content)
    except (ValidationError, RecursionError):
        return None
    # What is mirrored has to be taken by our own API server.
    return content if has_unlike_entries(found) else None


def is_shallow(content: object) -> bool:
    """Whether it is an object that nothing that walks through it can be lost in."""
    level: list[object] = [content]
    for _ in range(_DEPTH_MAX):
        dicts = [each for each in level if isinstance(each, dict)]
        lists = [each for each in level if isinstance(each, list)]
        level = [value for each in dicts for value in each.values()]
        level += [value for each in lists for value in each]
    return not level and isinstance(content, dict)
