"""RootTrustPolicies in documents: checked as the API server does, with all faults told at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from roottrust.api.kind import ROOT_TRUST_POLICY
from roottrust.api.problem import list_problems
from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.api.transition import list_transition_problems
from roottrust.cli.plan.yaml_documents import Document, DocumentsError
from roottrust.cli.policy_choice import get_full_name

_KEYS = frozenset({"apiVersion", "kind", "metadata", "spec", "status"})
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", re.ASCII)
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", re.ASCII)
_NAME_MAX, _LABEL_MAX = 253, 63


@dataclass(frozen=True, kw_only=True)
class GivenPolicy:
    """A policy of a file."""

    place: str
    manifest: Mapping[str, Any]

    @property
    def full_name(self) -> str:
        """Namespace and name."""
        return get_full_name(self.manifest)


@dataclass(frozen=True, kw_only=True)
class Given:
    """The policies of all documents, and notes of what was left out."""

    policies: tuple[GivenPolicy, ...]
    notes: tuple[str, ...]


def read_given(documents: Iterable[Document], *, namespace: str | None) -> Given:
    """Return the RootTrustPolicies; `namespace` is for those that name none.

    Raises DocumentsError, which tells of all faults.
    """
    policies: list[GivenPolicy] = []
    notes: list[str] = []
    faults: list[str] = []
    for document in _unpack_lists(documents):
        content = document.content
        if not isinstance(content, Mapping) or not _is_text(content, "apiVersion", "kind"):
            faults.append(
                f"{document.place}: is no object of Kubernetes: write apiVersion and kind"
            )
        elif not _is_policy(content):
            notes.append(f"{document.place}: {content['kind']} is skipped")
        else:
            policy = GivenPolicy(place=document.place, manifest=_place(content, namespace))
            found = tuple(_find_faults(policy.manifest))
            faults += [f"{_name(policy)}: {fault}" for fault in found]
            policies += [] if found else [policy]
    faults += _find_twins(policies)
    if faults:
        raise DocumentsError(faults)
    return Given(policies=tuple(policies), notes=tuple(notes))


def check_edits(
    given: Iterable[GivenPolicy], known: Mapping[str, Mapping[str, Any]]
) -> tuple[str, ...]:
    """Return what the API server would refuse beside the objects that it has, by full name."""
    return tuple(
        f"{_name(policy)}: {problem}"
        for policy in given
        if policy.full_name in known
        for problem in _compare(known[policy.full_name], policy.manifest)
    )


def _compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        old = RootTrustPolicySpec.model_validate(before.get("spec") or {})
    except ValidationError:
        return ()  # by an older CRD: the API server does not compare what it cannot read either
    new = RootTrustPolicySpec.model_validate(after.get("spec") or {})
    return list_transition_problems(old, new)


def _unpack_lists(documents: Iterable[Document]) -> Iterator[Document]:
    for document in documents:
        content = document.content
        items = content.get("items") if isinstance(content, Mapping) else None
        if isinstance(items, list) and str(content.get("kind", "")).endswith("List"):
            for number, item in enumerate(items, start=1):
                yield Document(place=f"{document.place}, item {number}", content=item)
        else:
            yield document


def _is_text(content: Mapping[str, Any], *keys: str) -> bool:
    return all(isinstance(content.get(key), str) for key in keys)


def _is_policy(content: Mapping[str, Any]) -> bool:
    group = content["apiVersion"].partition("/")[0]
    return (group, content["kind"]) == (ROOT_TRUST_POLICY.group, ROOT_TRUST_POLICY.kind)


def _place(content: Mapping[str, Any], namespace: str | None) -> dict[str, Any]:
    metadata = content.get("metadata")
    if not isinstance(metadata, Mapping):
        return dict(content)
    given = {} if namespace is None else {"namespace": namespace}
    return {**content, "metadata": {**given, **metadata}}


def _find_faults(manifest: Mapping[str, Any]) -> Iterator[str]:
    if manifest["apiVersion"] != ROOT_TRUST_POLICY.api_version:
        yield f"apiVersion: write {ROOT_TRUST_POLICY.api_version}"
    for key in sorted(set(map(str, manifest)) - _KEYS):
        yield f"{key}: unknown field"
    yield from _find_faults_of_metadata(manifest.get("metadata"))
    spec = manifest.get("spec")
    if not isinstance(spec, Mapping):
        yield "spec: is missing" if spec is None else "spec: must hold keys and values"
        return
    try:
        RootTrustPolicySpec.model_validate(spec)
    except ValidationError as error:
        yield from list_problems(error)


def _find_faults_of_metadata(metadata: object) -> Iterator[str]:
    if not isinstance(metadata, Mapping):
        yield "metadata: must hold name and namespace"
        return
    if not _fits(metadata.get("name"), _NAME, _NAME_MAX):
        yield "metadata.name: write a name of lower-case letters, digits, '-' and '.'"
    if metadata.get("namespace") is None:
        yield "metadata.namespace: is missing: write it, or give --namespace"
    elif not _fits(metadata["namespace"], _LABEL, _LABEL_MAX):
        yield "metadata.namespace: write a name of lower-case letters, digits and '-'"
    for field in ("labels", "annotations"):
        texts = metadata.get(field) or {}
        if not isinstance(texts, Mapping) or not all(
            isinstance(text, str) for text in (*texts, *texts.values())
        ):
            yield f"metadata.{field}: keys and values must be texts: put them in quotes"


def _fits(name: object, pattern: re.Pattern[str], longest: int) -> bool:
    return isinstance(name, str) and len(name) <= longest and pattern.fullmatch(name) is not None


def _find_twins(policies: Iterable[GivenPolicy]) -> list[str]:
    places: dict[str, str] = {}
    found: list[str] = []
    for policy in policies:
        if policy.full_name in places:
            found.append(f"{_name(policy)}: is given twice, first in {places[policy.full_name]}")
        places.setdefault(policy.full_name, policy.place)
    return found


def _name(policy: GivenPolicy) -> str:
    metadata = policy.manifest.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    return f"{policy.place} (RootTrustPolicy {name})" if name else policy.place
