"""Putting the agent beside istiod in rendered manifests; see `istio-discovery` of istiod's charts.

Patching what was patched changes nothing. Only istiod is touched, of whatever revision.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from roottrust.domain.istiod_manifest import IstiodManifest, is_istiod
from roottrust.domain.istiod_patch_check import (
    has_agent,
    list_agent_containers,
    list_obstacles,
    starts_before_agent,
)
from roottrust.domain.istiod_patch_pod import AgentForm, add_agent
from roottrust.domain.istiod_patch_rbac import build_agent_rbac
from roottrust.domain.manifest import Manifest, read_mapping

# Documents of other kinds may be left unread.
KINDS_TO_READ = frozenset(
    {"Deployment", "Role", "RoleBinding", "Secret", "SealedSecret", "ExternalSecret", "Certificate"}
)


@dataclass(frozen=True, kw_only=True)
class PatchRequest:
    """What is wanted; `namespace` is that of documents that name none, None where nobody said."""

    form: AgentForm
    namespace: str | None = None
    brings_rbac: bool = True


@dataclass(frozen=True, kw_only=True)
class IstiodPatch:
    """What becomes of the documents: by position those that change, and those to append.

    With `faults` nothing may be used; each says what to do. `notes` are for the person.
    """

    istiods: int
    changed: Mapping[int, dict[str, Any]] = field(default_factory=dict)
    appended: tuple[dict[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def plan_istiod_patch(documents: Sequence[Manifest], request: PatchRequest) -> IstiodPatch:
    """Plan the patch of every istiod among the documents; never raises on what they hold."""
    istiods = {
        position: IstiodManifest(content=each, namespace=_find_namespace(each, request))
        for position, each in enumerate(documents)
        if is_istiod(each)
    }
    bare = {position: each for position, each in istiods.items() if not has_agent(each)}
    faults = [
        f"{istiod.full_name}: {obstacle}"
        for istiod in bare.values()
        for obstacle in list_obstacles(istiod, documents)
    ]
    if request.brings_rbac:
        faults += _find_nameless(istiods.values())
    if faults:
        return IstiodPatch(istiods=len(istiods), faults=tuple(faults))
    return IstiodPatch(
        istiods=len(istiods),
        changed={position: add_agent(each, request.form) for position, each in bare.items()},
        appended=tuple(_plan_rbac(istiods.values(), documents, request)),
        notes=tuple(_note_agents(istiods.values())),
    )


def _find_namespace(document: Manifest, request: PatchRequest) -> str | None:
    namespace = read_mapping(document.get("metadata")).get("namespace")
    return str(namespace) if namespace else request.namespace


def _find_nameless(istiods: Iterable[IstiodManifest]) -> list[str]:
    return [
        f"Deployment {each.name}: it names no namespace, and the agent's rights need one: give "
        "--namespace, or --no-rbac and apply deploy/istiod/rbac.yaml yourself."
        for each in istiods
        if each.namespace is None
    ]


def _plan_rbac(
    istiods: Iterable[IstiodManifest], documents: Iterable[Manifest], request: PatchRequest
) -> Iterator[dict[str, Any]]:
    """Yield the rights that are not among the documents; a shared account has them once."""
    if not request.brings_rbac:
        return
    known = {_identify(each, request) for each in documents}
    accounts = dict.fromkeys((each.namespace or "", each.service_account) for each in istiods)
    for namespace, account in accounts:
        for manifest in build_agent_rbac(namespace, account):
            if _identify(manifest, request) not in known:
                yield manifest


def _identify(document: Manifest, request: PatchRequest) -> tuple[str, str | None, str]:
    name = read_mapping(document.get("metadata")).get("name")
    return str(document.get("kind")), _find_namespace(document, request), str(name)


def _note_agents(istiods: Iterable[IstiodManifest]) -> Iterator[str]:
    for istiod in istiods:
        if not has_agent(istiod):
            continue
        images = dict.fromkeys(str(each.get("image")) for each in list_agent_containers(istiod))
        yield f"{istiod.full_name} has the agent already ({', '.join(images)}): left as it is."
        if starts_before_agent(istiod):
            yield (
                f"{istiod.full_name}: the agent has no startupProbe, so istiod may start before it "
                "and sign itself: add the one of deploy/istiod/istiod-values.yaml."
            )
