"""The CustomResourceDefinitions: there, taken by the API server, and of this version.

An API server drops fields that a definition does not have, without a word to who writes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from roottrust.api.crdgen import build_crd
from roottrust.api.kind import KINDS, CustomKind
from roottrust.cli.doctor.facts import Facts, Manifest, Unseen
from roottrust.cli.doctor.finding import Check, Finding, found, passed
from roottrust.cli.doctor.unseen import not_seen
from roottrust.domain.counted import count
from roottrust.domain.health import Health
from roottrust.domain.some_names import list_some

FIX = "kubectl apply --server-side -f crds/"
GLOO_FIX = "kubectl get crd {name} -o yaml  # whose is it? Gloo Mesh has these names, too"

_MISSING = "the operator does not start without its kinds, and policies cannot be applied"
_OLDER = "the API server drops what is written there, without a word"
_NEWER = "another version was installed: this one does not tell of what is new there"


def check_crds(facts: Facts) -> Iterator[Finding]:
    """Judge each kind."""
    for kind in KINDS:
        definition = facts.crds.get(kind.name)
        if isinstance(definition, Unseen):
            why = "whether the cluster's kinds fit this version is not known"
            yield not_seen(Check.CRDS, kind.name, definition, why=why)
        elif definition is None:
            what = "it is not there"
            yield found(Check.CRDS, kind.name, Health.BAD, what, why=_MISSING, fix=FIX)
        else:
            yield _judge(kind, definition)


def list_fields(schema: Mapping[str, Any], path: str = "") -> frozenset[str]:
    """Return all fields of a schema by their paths."""
    fields: set[str] = set()
    for name, part in (schema.get("properties") or {}).items():
        place = f"{path}.{name}" if path else str(name)
        fields |= {place, *list_fields(part, place)}
    for name in ("items", "additionalProperties"):
        part = schema.get(name)
        if isinstance(part, Mapping):
            fields |= list_fields(part, f"{path}[]")
    return frozenset(fields)


def _judge(kind: CustomKind, definition: Manifest) -> Finding:
    versions = {each["name"]: each for each in definition["spec"]["versions"]}
    there = versions.get(kind.version)
    if there is None or not there.get("served"):
        what = f"it does not serve {kind.version}, but {list_some(sorted(versions))}"
        fix = GLOO_FIX.format(name=kind.name)
        return found(Check.CRDS, kind.name, Health.BAD, what, why=_MISSING, fix=fix)
    if not _is_established(definition):
        fix = f"kubectl describe crd {kind.name}"
        what = "the API server has not taken it"
        return found(Check.CRDS, kind.name, Health.BAD, what, why=_MISSING, fix=fix)
    wanted, known = _list_wanted(kind), _read_fields(there)
    lacking, more = sorted(wanted - known), sorted(known - wanted)
    if lacking:
        what = f"it lacks {count(len(lacking), 'field')} of this version: {list_some(lacking)}"
        return found(Check.CRDS, kind.name, Health.BAD, what, why=_OLDER, fix=FIX)
    if more:
        what = f"{count(len(more), 'field')} that this version does not know: {list_some(more)}"
        fix = "roottrust --version  # and install that of the operator"
        return found(Check.CRDS, kind.name, Health.WARNING, what, why=_NEWER, fix=fix)
    return passed(Check.CRDS, kind.name, f"{kind.version}, as this version has it")


@cache
def _list_wanted(kind: CustomKind) -> frozenset[str]:
    (ours,) = build_crd(kind)["spec"]["versions"]
    return _read_fields(ours)


def _read_fields(version: Mapping[str, Any]) -> frozenset[str]:
    return list_fields((version.get("schema") or {}).get("openAPIV3Schema") or {})


def _is_established(definition: Manifest) -> bool:
    conditions = (definition.get("status") or {}).get("conditions") or ()
    return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)
