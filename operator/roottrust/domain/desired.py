"""The objects that a policy wants in Vault; fields are named as in Vault's API.

Sources: API paths sys/mounts, sys/auth, auth/kubernetes, auth/jwt, sys/policies/acl
and pki of Vault.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import SecretStr

from roottrust.domain.desired_jwt import build_jwt_bounds, build_jwt_config
from roottrust.domain.desired_review import build_review_bounds, build_review_config
from roottrust.domain.duration import SECONDS_PER_DAY, build_hours
from roottrust.domain.key_parameters import KEY_PARAMETERS
from roottrust.domain.login_check import AccountReview, SignatureCheck
from roottrust.domain.mark import Mark
from roottrust.domain.names import build_intermediate_common_name, build_issuer_name
from roottrust.domain.policy_document import AgentRights, render_policy
from roottrust.domain.policy_mark import split_policy
from roottrust.domain.target import ClusterTarget, RootTarget, VaultTarget
from roottrust.domain.vault_object import VaultKind, VaultObject

AGENT_TOKEN_SECONDS = 300


def get_auth_path(mount: str) -> str:
    """Return the path by which an auth mount is shown."""
    return f"auth/{mount}"


def get_auth_config_path(mount: str) -> str:
    """Return the path of an auth mount's config."""
    return f"{get_auth_path(mount)}/config"


def get_role_path(mount: str, role: str) -> str:
    """Return the path of a role of an auth mount."""
    return f"{get_auth_path(mount)}/role/{role}"


def get_policy_path(name: str) -> str:
    """Return the path of a Vault policy."""
    return f"sys/policies/acl/{name}"


def build_root_mount(root: RootTarget, mark: Mark) -> VaultObject:
    """Return the mount of a root of ours; it must not cut the lives of what the root signs."""
    return _build_pki_mount(root.mount, max_days=root.ttl_days, mark=mark)


def build_root(root: RootTarget) -> VaultObject:
    """Return the root that we generate: its key is made in Vault and never leaves it.

    Vault refuses to make a second issuer of the same name (pki root/generate/internal).
    """
    key_type, key_bits = KEY_PARAMETERS[root.key_type]
    name = build_issuer_name(root.generation)
    return VaultObject(
        kind=VaultKind.ROOT,
        path=f"{root.mount}/issuer/{name}",
        fields={"issuer_name": name},
        extra={
            "common_name": root.common_name,
            "exclude_cn_from_sans": True,
            "key_type": key_type,
            "key_bits": key_bits,
            "key_name": name,
            "ttl": build_hours(root.ttl_days),
        },
    )


def build_root_import(root: RootTarget, bundle: SecretStr) -> VaultObject:
    """Return a root that is given to Vault (pki issuers/import/bundle).

    Importing the same one again adds nothing but what was missing of it.
    """
    name = build_issuer_name(root.generation)
    return VaultObject(
        kind=VaultKind.ROOT_IMPORT,
        path=f"{root.mount}/issuer/{name}",
        fields={},
        secrets={"pem_bundle": bundle},
    )


def build_key_name(root: RootTarget, key_id: str) -> VaultObject:
    """Return the name of an imported root's key, for people; Vault lets two have the same one."""
    name = build_issuer_name(root.generation)
    return VaultObject(
        kind=VaultKind.KEY_NAME, path=f"{root.mount}/key/{key_id}", fields={"key_name": name}
    )


def build_root_name(root: RootTarget, issuer_id: str) -> VaultObject:
    """Return the name of an imported root; Vault refuses to give it to a second issuer."""
    name = build_issuer_name(root.generation)
    return VaultObject(
        kind=VaultKind.ISSUER_NAME,
        path=f"{root.mount}/issuer/{issuer_id}",
        fields={"issuer_name": name},
    )


def build_default_issuer(root: RootTarget, issuer_id: str) -> VaultObject:
    """Return which issuer signs where agents name none (pki config/issuers)."""
    return VaultObject(
        kind=VaultKind.DEFAULT_ISSUER,
        path=f"{root.mount}/config/issuers",
        fields={"default": issuer_id},
    )


def build_issuer_usage(mount: str, issuer_id: str, usages: Iterable[str]) -> VaultObject:
    """Return what an issuer may still be used for (pki issuer/<id>, usage)."""
    return VaultObject(
        kind=VaultKind.ISSUER_USAGE,
        path=f"{mount}/issuer/{issuer_id}",
        fields={"usage": ",".join(sorted(usages))},
    )


def build_issuer_revocation(mount: str, issuer_id: str) -> VaultObject:
    """Return an issuer that never signs again (pki issuer/<id>/revoke): nothing undoes that."""
    return VaultObject(
        kind=VaultKind.ISSUER_REVOCATION,
        path=f"{mount}/issuer/{issuer_id}",
        fields={"revoked": True},
    )


def build_intermediate_mount(mount: str, *, ttl_days: int, mark: Mark) -> VaultObject:
    """Return the mount in which Vault makes the agents' keys when `csrPath` asks for it."""
    return _build_pki_mount(mount, max_days=ttl_days, mark=mark)


def build_auth_mount(cluster: ClusterTarget, mark: Mark) -> VaultObject:
    """Return the auth mount of one cluster."""
    return VaultObject(
        kind=VaultKind.AUTH_MOUNT,
        path=get_auth_path(cluster.auth_mount),
        fields={"type": cluster.login_check.MOUNT_TYPE, "description": mark.render()},
    )


def build_auth_config(cluster: ClusterTarget) -> VaultObject:
    """Return how Vault checks tokens of the cluster."""
    path = get_auth_config_path(cluster.auth_mount)
    if isinstance(cluster.login_check, SignatureCheck):
        fields = build_jwt_config(cluster.login_check)
        return VaultObject(kind=VaultKind.AUTH_CONFIG, path=path, fields=fields)
    fields = build_review_config(cluster)
    if isinstance(cluster.login_check, AccountReview):
        return VaultObject(
            kind=VaultKind.AUTH_CONFIG, path=path, fields=fields, needs_reviewer=True
        )
    return VaultObject(
        kind=VaultKind.AUTH_CONFIG,
        path=path,
        fields={**fields, "token_reviewer_jwt_set": False},
        extra={"token_reviewer_jwt": ""},
    )


def build_policy(
    cluster: ClusterTarget,
    *,
    target: VaultTarget,
    issuer_id: str,
    ttl_days: int,
    mark: Mark,
) -> VaultObject:
    """Return the least Vault policy with which the cluster's agents can work."""
    key_type, key_bits = KEY_PARAMETERS[target.intermediate.key_type]
    document = render_policy(
        AgentRights(
            mark=mark.render(),
            root_mount=target.root.mount,
            issuer_id=issuer_id,
            common_name=build_intermediate_common_name(cluster.cluster),
            ttl=build_hours(ttl_days),
            unnamed_ca_path=target.unnamed_ca_path,
            intermediate_mount=cluster.intermediate_mount,
            organization=target.intermediate.organization,
            key_type=key_type,
            key_bits=key_bits,
        )
    )
    return VaultObject(
        kind=VaultKind.POLICY, path=get_policy_path(cluster.role), fields=split_policy(document)
    )


def build_role(cluster: ClusterTarget) -> VaultObject:
    """Return the role that istiod's ServiceAccounts log in with; it gives that policy alone."""
    if isinstance(cluster.login_check, SignatureCheck):
        bound = build_jwt_bounds(cluster, audience=cluster.login_check.audience)
    else:
        bound = build_review_bounds(cluster)
    return VaultObject(
        kind=VaultKind.ROLE,
        path=get_role_path(cluster.auth_mount, cluster.role),
        fields={
            **bound,
            "token_policies": (cluster.role,),
            "token_no_default_policy": True,
            "token_ttl": AGENT_TOKEN_SECONDS,
            "token_max_ttl": AGENT_TOKEN_SECONDS,
            "token_explicit_max_ttl": 0,
            "token_period": 0,
            "token_num_uses": 0,
            "token_bound_cidrs": (),
            "token_strictly_bind_ip": False,
            "token_type": "default",
        },
    )


def _build_pki_mount(mount: str, *, max_days: int, mark: Mark) -> VaultObject:
    return VaultObject(
        kind=VaultKind.SECRETS_MOUNT,
        path=mount,
        fields={
            "type": "pki",
            "description": mark.render(),
            "max_lease_ttl": max_days * SECONDS_PER_DAY,
        },
    )
