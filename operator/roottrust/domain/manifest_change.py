"""What applying a manifest changes of an object that Kubernetes has, or has not.

As `kubectl apply` and GitOps tools do it: the specification is replaced, labels and annotations
of others stay, and those that were applied before and are not in the manifest any more go.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from roottrust.domain.change import FieldChange, present
from roottrust.domain.manifest import Manifest

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

_KEPT = ("labels", "annotations")


def merge_manifest(before: Manifest | None, wanted: Manifest) -> dict[str, Any]:
    """Return the object as it will be; what the API server alone writes is left to the caller."""
    if before is None:
        return dict(wanted)
    metadata = dict(before["metadata"])
    for name in _KEPT:
        metadata[name] = _merge_texts(name, before, wanted)
    return {**before, "metadata": metadata, "spec": wanted.get("spec") or {}}


def list_manifest_changes(
    before: Manifest | None, after: Manifest, *, spec: type[BaseModel]
) -> tuple[FieldChange, ...]:
    """Return the fields that differ; defaults that nobody wrote are no difference."""
    old = _flatten_object(before, spec) if before else {}
    new = _flatten_object(after, spec)
    return tuple(
        FieldChange(name=name, before=present(old.get(name)), after=present(new.get(name)))
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    )


def _merge_texts(name: str, before: Manifest, wanted: Manifest) -> dict[str, str]:
    known = before["metadata"].get(name) or {}
    given = wanted["metadata"].get(name) or {}
    applied = _read_last_applied(before).get(name) or {}
    kept = {key: text for key, text in known.items() if key not in applied}
    return {**kept, **given}


def _read_last_applied(before: Manifest) -> Mapping[str, Any]:
    """Return the metadata that kubectl applied last, nothing where it keeps no record."""
    text = (before["metadata"].get("annotations") or {}).get(LAST_APPLIED)
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    metadata = found.get("metadata") if isinstance(found, dict) else None
    return metadata if isinstance(metadata, dict) else {}


def _flatten_object(manifest: Manifest, spec: type[BaseModel]) -> dict[str, Any]:
    metadata = manifest["metadata"]
    texts = {
        f"metadata.{name}[{key}]": text
        for name in _KEPT
        for key, text in sorted((metadata.get(name) or {}).items())
        if key != LAST_APPLIED
    }
    return {**texts, **_flatten("spec", _normalise(manifest.get("spec") or {}, spec))}


def _normalise(written: Manifest, spec: type[BaseModel]) -> Any:
    """Return a specification without defaults; one that our models refuse as it is written."""
    try:
        model = spec.model_validate(written)
    except ValidationError:
        return written
    return model.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude_none=True)


def _flatten(path: str, value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping) and value:
        parts = [(f"{path}.{key}", each) for key, each in value.items()]
    elif isinstance(value, list) and value:
        parts = [(f"{path}[{number}]", each) for number, each in enumerate(value)]
    else:
        return {path: value}
    return {name: leaf for part in parts for name, leaf in _flatten(*part).items()}
