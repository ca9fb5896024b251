"""Blocks of YAML, JSON and HCL, held against the models that read them."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import hcl2
import yaml
from lark.exceptions import LarkError

from roottrust.api.kind import KINDS
from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.runtime.log_context import FIELDS
from roottrust.runtime.settings import OperatorSettings
from tests.integration.manifests.table import read_base
from tests.unit.docs.other_commands import check_value_key, list_values
from tests.unit.docs.tree import check_file

Document = Mapping[str, Any]

_CONFIGURATION: Document = {
    "cluster": {"name": "cluster1"},
    "vaultServers": [
        {"address": "https://vault.example:8200", "login": {"tokenFile": {"path": "/token"}}}
    ],
}
# Three dots stand for what does not fit on a page: the rest of a hash, the way to a folder.
_HASH = re.compile(r"\b([0-9a-f]{4,})…")
_KUSTOMIZATION = frozenset({"resources", "components", "configMapGenerator", "images", "patches"})
_LOG_LINE = frozenset({"time", "level", "logger", "message", "trace", *FIELDS})


def check_yaml(text: str) -> None:
    """Raise ValueError (or what a model raises) if a document is none that is known, or wrong."""
    whole = _HASH.sub(lambda found: found[1].ljust(64, "0"), text)
    for document in yaml.safe_load_all(whole):
        _choose(document)(document)


def check_json(text: str) -> None:
    """Raise ValueError if lines are no JSON; those of a log have its fields and no others."""
    for document in _read_json(text):
        if {"level", "message"} <= document.keys() and not document.keys() <= _LOG_LINE:
            raise ValueError(f"no fields of log lines: {document.keys() - _LOG_LINE}")


def check_hcl(text: str) -> None:
    """Raise if it is no HCL, or no policy of Vault's."""
    try:
        found = hcl2.loads(text)
    except LarkError as error:
        raise ValueError(str(error)) from None
    if not found.get("path"):
        raise ValueError("no path is granted")


def _choose(document: Any) -> Callable[[Document], None]:
    if not isinstance(document, dict):
        raise TypeError("no mapping")
    keys = frozenset(document)
    if "kind" in keys:
        return _check_manifest
    if keys == {"spec"}:
        return _check_part_of_policy
    if keys & {"resources", "components", "patches"} and keys <= _KUSTOMIZATION:
        return _check_kustomization
    if "config" in keys and keys <= list_values():
        return _check_values
    known = {field.alias or name for name, field in OperatorSettings.model_fields.items()}
    if keys <= known:
        return _check_configuration
    raise ValueError(f"nothing that is known has the keys {sorted(keys)}")


def _check_manifest(document: Document) -> None:
    for kind in KINDS:
        if (document["apiVersion"], document["kind"]) == (kind.api_version, kind.kind):
            kind.spec.model_validate(document["spec"])
            return
    raise ValueError(f"{document['kind']} is no kind of ours")


def _check_part_of_policy(document: Document) -> None:
    """What is shown is a part: beside it is what the guide's policy has."""
    spec = _merge(read_base("guide")["spec"], document["spec"])
    RootTrustPolicySpec.model_validate(spec)


def _check_configuration(document: Document) -> None:
    OperatorSettings(**{**copy.deepcopy(dict(_CONFIGURATION)), **document})


def _check_values(document: Document) -> None:
    for key in _list_keys({name: each for name, each in document.items() if name != "config"}):
        check_value_key(key)
    _check_configuration(document["config"])


def _check_kustomization(document: Document) -> None:
    for each in (*document.get("resources", []), *document.get("components", [])):
        check_file(str(each).removeprefix("…/"))


def _list_keys(values: Document, prefix: str = "") -> list[str]:
    found = []
    for name, value in values.items():
        inner = _list_keys(value, f"{prefix}{name}.") if isinstance(value, dict) else []
        found += inner or [f"{prefix}{name}"]
    return found


def _merge(base: Any, change: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(change, dict):
        return copy.deepcopy(change)
    return {**base, **{key: _merge(base.get(key), value) for key, value in change.items()}}


def _read_json(text: str) -> list[Document]:
    try:
        return [json.loads(text)]
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
