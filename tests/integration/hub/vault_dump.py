"""Everything that is in Vault, in a form that two runs have in common."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from roottrust.domain.hub_rights.document import name_policy
from roottrust.domain.hub_rights.rules import Purpose
from tests.integration.vault_calls import Ask, read

Dump = dict[str, Any]

_OF_THIS_MOMENT = {"accessor", "uuid", "running_plugin_version", "running_sha256", "version"}
_OF_THIS_POLICY = {"modified", "version"}


def dump_vault(admin: Ask, *, names: Mapping[str, str]) -> Dump:
    """Return it by path; `names` says what to call what differs from run to run.

    Of keys and certificates only how many there are, and for issuers what refers to what.
    """
    found: Dump = {}
    ids: dict[str, str] = dict(names)
    for table, prefix in (("sys/mounts", ""), ("sys/auth", "auth/")):
        for name, mount in _read_table(admin, table).items():
            found[f"{prefix}{name}"] = _strip(mount, _OF_THIS_MOMENT)
            if mount["type"] == "pki":
                found |= _dump_pki(admin, name, ids)
            if mount["type"] == "kubernetes":
                found |= _dump_logins(admin, f"auth/{name}")
    for name in _list(admin, "sys/policies/acl"):
        policy = read(admin, f"sys/policies/acl/{name}") if name != "root" else None
        found[f"policy {name}"] = _strip(policy, _OF_THIS_POLICY)
    # These name the mounts of all runs, and are there or not by what was tested before.
    own = {each: found.pop(f"policy {name_policy(each)}", None) for each in Purpose}
    found["operator's policy"] = _digest(own[Purpose.MANAGE])
    renamed: Dump = json.loads(rename(json.dumps(found, sort_keys=True), ids))
    return renamed


def _dump_pki(admin: Ask, mount: str, ids: dict[str, str]) -> Dump:
    issuers = _list(admin, f"{mount}issuers")
    for number, issuer_id in enumerate(issuers):
        ids[issuer_id] = f"issuer {number} of {mount}"
    found: Dump = {
        f"{mount}{kind}": len(_list(admin, f"{mount}{kind}")) for kind in ("keys", "certs")
    }
    found[f"{mount}issuers"] = issuers
    for issuer_id in issuers:
        issuer = read(admin, f"{mount}issuer/{issuer_id}") or {}
        kept = {name: issuer.get(name) for name in ("issuer_name", "leaf_not_after_behavior")}
        found[f"{mount}issuer/{issuer_id}"] = {**kept, "has_key": bool(issuer.get("key_id"))}
    found[f"{mount}config/issuers"] = read(admin, f"{mount}config/issuers")
    found[f"{mount}roles"] = _list(admin, f"{mount}roles")
    return found


def _dump_logins(admin: Ask, mount: str) -> Dump:
    paths = [f"{mount}config", *(f"{mount}role/{name}" for name in _list(admin, f"{mount}role"))]
    return {path: read(admin, path) for path in paths}


def _read_table(admin: Ask, path: str) -> dict[str, Any]:
    found = read(admin, path) or {}
    return {name: each for name, each in found.items() if isinstance(each, dict) and "type" in each}


def _list(admin: Ask, path: str) -> list[str]:
    answer = admin("LIST", path)
    if answer.status_code == 404:
        return []
    assert answer.ok, f"LIST {path}: {answer.text}"
    return list(answer.json()["data"]["keys"])


def _digest(data: Any) -> str:
    """Return what says whether it has changed; it names the mounts of all runs."""
    return hashlib.sha256(json.dumps(data).encode()).hexdigest()


def _strip(data: dict[str, Any] | None, names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in (data or {}).items() if name not in names}


def find_differences(found: Dump, wanted: Dump) -> Dump:
    """Return what is not as it should be, by path."""
    paths = sorted(found.keys() | wanted.keys())
    pairs = {path: (found.get(path), wanted.get(path)) for path in paths}
    return {path: pair for path, pair in pairs.items() if pair[0] != pair[1]}


def rename(text: str, names: Mapping[str, str]) -> str:
    """Return a text with what stands for the names of one run; longer ones go first."""
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, f"<{names[name]}>")
    return text
