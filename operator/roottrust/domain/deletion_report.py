"""How the deletion of a policy goes, in words: what is left in Vault, and how to remove it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from roottrust.domain.deletion_plan import DeletionPlan, Leftover
from roottrust.domain.deletion_scope import DeletionScope
from roottrust.domain.errors import RootTrustError
from roottrust.domain.issuance import CertificateKey
from roottrust.domain.vault_object import VaultKind, VaultObject

# In the order in which they are removed; the rest goes with them.
_REMOVED = (VaultKind.ROLE, VaultKind.POLICY, VaultKind.AUTH_MOUNT, VaultKind.SECRETS_MOUNT)
EVENT_LIMIT = 8


@dataclass(frozen=True, kw_only=True)
class DeletionProgress:
    """How far the deletion of a policy has come; `message` says what it waits for."""

    message: str
    removed: frozenset[str] = frozenset()


def list_leftovers(
    scope: DeletionScope, plan: DeletionPlan | None, *, why: str
) -> tuple[Leftover, ...]:
    """Return all that stays in Vault if nothing more is done; `why` is what hindered that.

    Without a plan, since Vault could not be looked at, that is what the policy made.
    """
    if plan is not None:
        undone = tuple(Leftover(object=each.wanted, why=why) for each in plan.actions)
        return _drop_parts((*undone, *plan.waiting, *plan.left))
    made = scope.made or scope.asked
    found = (
        Leftover(object=each, why=why)
        for kind in _REMOVED
        for each in reversed(made)
        if each.kind is kind and each.path not in scope.root_mounts
    )
    return _drop_parts(tuple(found))


def describe_leftovers(
    leftovers: Iterable[Leftover], *, where: str, limit: int | None = None
) -> str:
    """Return one message: what is left where, by the commands that remove it, and why."""
    found = tuple(leftovers)
    shown = found[:limit]
    groups = []
    for why in dict.fromkeys(each.why for each in shown):
        commands = "; ".join(_build_command(each.object) for each in shown if each.why == why)
        groups.append(f"{commands} ({why.rstrip('.')})")
    more = (
        f"; and {len(found) - len(shown)} more, which are logged" if len(found) > len(shown) else ""
    )
    return f"Left in {where}; remove by hand what nobody needs: {'; '.join(groups)}{more}."


def describe_removed(paths: Iterable[str], *, where: str) -> str:
    """Return what was removed."""
    return f"Removed from {where}: {', '.join(paths)}."


def describe_wait(leftovers: Iterable[Leftover]) -> str:
    """Return what a deletion waits for, object by object."""
    return "; ".join(
        f"{each.object.path}: {each.why.rstrip('.')}{f' ({each.hint})' if each.hint else ''}"
        for each in leftovers
    )


def describe_kept(kept: Mapping[CertificateKey, RootTrustError]) -> str:
    """Return which IssuedCertificates are still there, and why."""
    return "; ".join(
        f"IssuedCertificate {key} of {key.cluster}: {error.message.rstrip('.')}"
        for key, error in kept.items()
    )


def _drop_parts(found: tuple[Leftover, ...]) -> tuple[Leftover, ...]:
    """Leave out roles of an auth mount that is left itself: they go with it."""
    mounts = {each.object.path for each in found if each.object.kind is VaultKind.AUTH_MOUNT}
    return tuple(
        each
        for each in found
        if each.object.kind is not VaultKind.ROLE
        or each.object.path.partition("/role/")[0] not in mounts
    )


def _build_command(found: VaultObject) -> str:
    match found.kind:
        case VaultKind.ROLE:
            return f"vault delete {found.path}"
        case VaultKind.POLICY:
            return f"vault policy delete {found.path.rpartition('/')[2]}"
        case VaultKind.AUTH_MOUNT:
            return f"vault auth disable {found.path.removeprefix('auth/')}"
        case _:
            return f"vault secrets disable {found.path}"
