"""What the cluster role watches, filtered by the server, and how little of it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roottrust.api.kind import (
    ISSUED_CERTIFICATE,
    MESH,
    POD_BOUNCE_DIRECTIVE,
    ROOT_TRUST_POLICY,
)
from roottrust.domain.discovery import SELECTOR
from roottrust.domain.published_bundle import CONFIG_MAP, find_text
from roottrust.domain.trust_bundle import fingerprint_text
from roottrust.kube.kind import CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, PODS
from roottrust.kube.own_kind import build_resource
from roottrust.runtime.watching import WatchedKind

MESHES = build_resource(MESH)
ISSUED_CERTIFICATES = build_resource(ISSUED_CERTIFICATE)
DIRECTIVES = build_resource(POD_BOUNCE_DIRECTIVE)
POLICIES = build_resource(ROOT_TRUST_POLICY)

_IDENTITY = ("namespace", "name", "uid", "resourceVersion")
_LIFE = ("labels", "creationTimestamp", "deletionTimestamp")
_FINGERPRINT = "textFingerprint"

Object = Mapping[str, Any]


def keep_fingerprint(config_map: Object) -> Object:
    """Keep of published roots what they are known by: a thousand copies would fill the memory."""
    text = find_text(config_map)
    kept = {"metadata": _pick(config_map, _IDENTITY)}
    return kept if text is None else {**kept, _FINGERPRINT: fingerprint_text(text)}


def find_fingerprint(kept: Object | None) -> str | None:
    """Return the fingerprint of published roots, None if there are none."""
    return (kept or {}).get(_FINGERPRINT)


def keep_life(found: Object) -> Object:
    """Keep of an object that it is there, since when, and with which labels."""
    return {"metadata": _pick(found, _IDENTITY + _LIFE)}


def keep_answered(policy: Object) -> Object:
    """Keep of a policy what it was told: what it says is for the hub."""
    kept = {"metadata": _pick(policy, (*_IDENTITY, *_LIFE, "generation", "finalizers"))}
    return {**kept, "status": policy["status"]} if policy.get("status") else kept


WATCHED = (
    WatchedKind(resource=DEPLOYMENTS, label_selector=SELECTOR),
    WatchedKind(resource=PODS, label_selector=SELECTOR, keep=keep_life),
    WatchedKind(
        resource=CONFIG_MAPS, field_selector=f"metadata.name={CONFIG_MAP}", keep=keep_fingerprint
    ),
    WatchedKind(resource=NAMESPACES, keep=keep_life),
    WatchedKind(resource=MESHES),
    WatchedKind(resource=ISSUED_CERTIFICATES),
    WatchedKind(resource=DIRECTIVES),
)
# Where no hub is in the same process, which would do what they ask for.
WATCHED_ALONE = (*WATCHED, WatchedKind(resource=POLICIES, keep=keep_answered))


def _pick(found: Object, names: tuple[str, ...]) -> dict[str, Any]:
    metadata = found["metadata"]
    return {name: metadata[name] for name in names if name in metadata}
