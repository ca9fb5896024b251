"""Writing one action of a plan to Vault; each kind of object has its own API paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roottrust.domain.action import Action, Verb
from roottrust.domain.policy_mark import join_policy
from roottrust.domain.vault_object import VaultKind, VaultObject
from roottrust.vault.client import VaultClient

# What Vault tells when read, and what no write may name.
_READ_ONLY = frozenset({"token_reviewer_jwt_set"})


async def apply_action(client: VaultClient, action: Action) -> None:
    """Make one write; repeating it is harmless. Raises RootTrustError."""
    if action.verb is Verb.DELETE:
        await client.delete(build_deletion_path(action.wanted))
        return
    path, body = build_request(action)
    if action.wanted.kind in {VaultKind.ISSUER_NAME, VaultKind.ISSUER_USAGE}:
        # A write would set the issuer's other fields, too, and is refused for some certificates.
        await client.patch(path, body)
        return
    secrets = action.wanted.secrets
    await client.write(
        path, {**body, **{name: each.get_secret_value() for name, each in secrets.items()}}
    )


def build_deletion_path(found: VaultObject) -> str:
    """Return the path whose deletion removes an object; raises ValueError for what never is."""
    match found.kind:
        case VaultKind.SECRETS_MOUNT:
            return f"sys/mounts/{found.path}"
        case VaultKind.AUTH_MOUNT:
            return f"sys/{found.path}"
        case VaultKind.POLICY | VaultKind.ROLE:
            return found.path
        case _:
            raise ValueError(f"{found.kind} is never removed by itself")


def build_request(action: Action) -> tuple[str, dict[str, Any]]:
    """Return path and body of the write that an action is, but for its secrets."""
    wanted = action.wanted
    is_new = action.verb is Verb.CREATE
    match wanted.kind:
        case VaultKind.SECRETS_MOUNT:
            return _build_mount_request(f"sys/mounts/{wanted.path}", wanted, is_new=is_new)
        case VaultKind.AUTH_MOUNT if is_new:
            return f"sys/{wanted.path}", _build_body(wanted)
        case VaultKind.AUTH_MOUNT:
            return f"sys/mounts/{wanted.path}/tune", _build_tuning(wanted)
        case VaultKind.ROOT:
            mount = wanted.path.rpartition("/issuer/")[0]
            return f"{mount}/root/generate/internal", _build_body(wanted)
        case VaultKind.ROOT_IMPORT:
            mount = wanted.path.rpartition("/issuer/")[0]
            return f"{mount}/issuers/import/bundle", _build_body(wanted)
        case VaultKind.ISSUER_REVOCATION:
            return f"{wanted.path}/revoke", {}
        case VaultKind.POLICY:
            return wanted.path, {"policy": join_policy(**wanted.fields)}
        case (
            VaultKind.KEY_NAME
            | VaultKind.ISSUER_NAME
            | VaultKind.DEFAULT_ISSUER
            | VaultKind.ISSUER_USAGE
            | VaultKind.AUTH_CONFIG
            | VaultKind.ROLE
        ):
            return wanted.path, _build_body(wanted)


def _build_mount_request(
    path: str, wanted: VaultObject, *, is_new: bool
) -> tuple[str, dict[str, Any]]:
    if not is_new:
        return f"{path}/tune", _build_tuning(wanted)
    fields = dict(wanted.fields)
    config = {"max_lease_ttl": f"{fields.pop('max_lease_ttl')}s"}
    return path, {**fields, "config": config}


def _build_tuning(wanted: VaultObject) -> dict[str, Any]:
    """Return what a mount can be tuned to: its type is fixed, and never wanted to change."""
    fields = {name: value for name, value in wanted.fields.items() if name != "type"}
    if "max_lease_ttl" in fields:
        fields["max_lease_ttl"] = f"{fields['max_lease_ttl']}s"
    return fields


def _build_body(wanted: VaultObject) -> dict[str, Any]:
    merged: Mapping[str, Any] = {**wanted.fields, **wanted.extra}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in merged.items()
        if name not in _READ_ONLY
    }
