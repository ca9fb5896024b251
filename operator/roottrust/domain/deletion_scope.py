"""What the deletion of a policy may concern: whose marks count, and which objects to look for."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from roottrust.api.choices import DeletionPolicy, ManagementMode, ObjectOrigin
from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.domain.desired import get_auth_path, get_policy_path, get_role_path
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.mark import parse_mark
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.target import VaultTarget
from roottrust.domain.vault_object import VaultKind, VaultObject
from roottrust.domain.vault_path import check_role_name, parse_ca_path

FINALIZER = "admin.gloo.solo.io/vault-cleanup"
FORCE_DELETE_ANNOTATION = "admin.gloo.solo.io/force-delete"

_POLICIES = get_policy_path("")


@dataclass(frozen=True, kw_only=True)
class DeletionScope:
    """One policy that is deleted.

    `made` are the objects that its status tells it made, `asked` those that it asks for: status
    may not know of the last ones. The reserved names are those by which the operator itself logs
    in.
    """

    hub: str
    policy: PolicyIdentity
    made: tuple[VaultObject, ...] = ()
    asked: tuple[VaultObject, ...] = ()
    root_mounts: frozenset[str] = frozenset()
    reserved_roles: frozenset[str] = frozenset()
    reserved_auth_mounts: frozenset[str] = frozenset()
    is_forced: bool = False

    def owns(self, mark_text: str | None) -> bool:
        """Whether a mark says that this very policy made the object.

        One that an earlier policy of the same name left behind was retained on purpose.
        """
        mark = parse_mark(mark_text)
        return (
            mark is not None
            and mark.has_owner(hub=self.hub, policy=self.policy)
            and mark.policy.uid == self.policy.uid
            and mark.origin is ObjectOrigin.CREATED
        )

    def owns_auth_mount(self, mount: str, description: str) -> bool:
        """Whether an auth mount may be removed by its mark and its name."""
        return mount not in self.reserved_auth_mounts and self.owns(description)

    @property
    def role_names(self) -> frozenset[str]:
        """The names of roles, and so of Vault policies, that are known."""
        policies = self._list_paths(VaultKind.POLICY)
        names = {path.removeprefix(_POLICIES) for path in policies}
        return frozenset(name for name in names if self._is_allowed(name))

    def list_known_roles(self, auth_mount: str) -> frozenset[str]:
        """Return the roles of an auth mount that are known to be this policy's."""
        prefix = get_role_path(auth_mount, "")
        paths = self._list_paths(VaultKind.ROLE)
        return frozenset(path.removeprefix(prefix) for path in paths if path.startswith(prefix))

    def _list_paths(self, kind: VaultKind) -> list[str]:
        return [each.path for each in (*self.made, *self.asked) if each.kind is kind]

    def _is_allowed(self, name: str) -> bool:
        try:
            check_role_name(name)
        except InvalidSpecError:
            return False
        return name not in self.reserved_roles


def wants_deletion(spec: object) -> bool:
    """Whether what is made in Vault goes with the policy, by its specification as it is written.

    It need not be valid: what an older version took says so as well.
    """
    management = spec.get("management") if isinstance(spec, Mapping) else None
    if not isinstance(management, Mapping):
        return False
    is_managed = management.get("mode", ManagementMode.MANAGE) == ManagementMode.MANAGE
    return is_managed and management.get("deletionPolicy") == DeletionPolicy.DELETE


def list_made_objects(status: RootTrustPolicyStatus | None) -> tuple[VaultObject, ...]:
    """Return what the policy made, as its status tells."""
    return tuple(
        VaultObject(kind=VaultKind(each.kind), path=each.path, fields={})
        for each in (status.managed_objects if status else ())
        if each.origin is ObjectOrigin.CREATED and each.kind in set(VaultKind)
    )


def list_asked_objects(target: VaultTarget) -> tuple[VaultObject, ...]:
    """Return what a policy asks for, but for its root, in the order in which it is made."""
    found = []
    for cluster in target.clusters:
        if cluster.intermediate_mount is not None:
            found.append((VaultKind.SECRETS_MOUNT, cluster.intermediate_mount))
        found += [
            (VaultKind.AUTH_MOUNT, get_auth_path(cluster.auth_mount)),
            (VaultKind.POLICY, get_policy_path(cluster.role)),
            (VaultKind.ROLE, get_role_path(cluster.auth_mount, cluster.role)),
        ]
    return tuple(VaultObject(kind=kind, path=path, fields={}) for kind, path in found)


def list_root_mounts(ca_path: str, status: RootTrustPolicyStatus | None) -> frozenset[str]:
    """Return the mounts that hold a root of this policy, or are meant to."""
    found = set()
    with suppress(InvalidSpecError):  # such a path was never used
        found.add(parse_ca_path(ca_path).mount)
    if status and status.root and status.root.mount:
        found.add(status.root.mount)
    roots = (each.path for each in list_made_objects(status) if each.kind is VaultKind.ROOT)
    return frozenset(found | {path.partition("/issuer/")[0] for path in roots})
