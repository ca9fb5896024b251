"""What policies may touch: the operator's configuration, never a policy's choice.

A Grant is one entry of `vaultServers[].grants`; a Request is what one RootTrustPolicy asks for one
cluster, in paths and names that `roottrust.domain.vault_path` has read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from roottrust.domain.vault_namespace import describe_namespace
from roottrust.domain.vault_path import CLUSTER_VARIABLE

# Names with a meaning of their own in Vault; it compares names of policies in lower case.
_RESERVED_ROLES = frozenset({"default", "root"})
_RESERVED_AUTH_MOUNTS = frozenset({"token"})
_PATTERN_TEXT = re.compile(r"[A-Za-z0-9_./*-]+", re.ASCII)
_OWN_NAMES = "`${cluster}` stands for the name of the cluster that is served, so that no policy"


class _GrantModel(BaseModel):
    """What all grants have in common: patterns are checked, and no slash counts at their ends."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )

    @field_validator("vault_namespaces", check_fields=False)
    @classmethod
    def _strip_slashes(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(pattern.strip("/") for pattern in patterns)

    @field_validator("policy_namespaces", "vault_namespaces", "clusters", check_fields=False)
    @classmethod
    def _check_patterns(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            _check_pattern(pattern)
        return patterns


class Grant(_GrantModel):
    """Which policies may use which clusters and which paths of one Vault server.

    In every pattern `*` stands for any characters but `/`; `${cluster}`, in mounts and roles, for
    the name of the cluster that is served. Between the two put a character that no cluster's name
    has: `${cluster}-*` of cluster `a` would match what is meant for cluster `a-b`, `${cluster}_*`
    would not.
    """

    policy_namespaces: tuple[str, ...] = Field(
        min_length=1, description="Namespaces whose RootTrustPolicies this grant is for."
    )
    vault_namespaces: tuple[str, ...] = Field(
        default=(),
        description="Vault namespaces below the server's own, by their full paths. Default: the "
        "server's own alone. A grant that names some is for these alone.",
    )
    clusters: tuple[str, ...] = Field(
        default=("*",), description="Names of clusters; `*` stands for any characters."
    )
    root_mounts: tuple[str, ...] = Field(
        default=("pki",), description="Mounts of root CAs that policies may use."
    )
    auth_mounts: tuple[str, ...] = Field(
        default=("kube-${cluster}-mesh-auth",),
        description=f"Auth mounts that policies may manage. {_OWN_NAMES} can repoint the login of "
        "another cluster; `kube-*-mesh-auth` would allow it.",
    )
    intermediate_mounts: tuple[str, ...] = Field(
        default=("pki_int_${cluster}",),
        description=f"Intermediate mounts that policies may manage. {_OWN_NAMES} reaches the keys "
        "of another cluster; `pki_int_*` would allow it.",
    )
    roles: tuple[str, ...] = Field(
        default=("gen-int-ca-istio-${cluster}-mesh",),
        description="Vault roles, and the Vault policies of the same names, that policies may "
        f"manage. {_OWN_NAMES} overwrites the Vault policy of another cluster; "
        "`gen-int-ca-istio-*` would allow it. Never `root` or `default`.",
    )

    @field_validator("root_mounts", "auth_mounts", "intermediate_mounts", "roles")
    @classmethod
    def _check_patterns_of_clusters(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            _check_pattern(pattern.replace(CLUSTER_VARIABLE, "x"))
        return patterns


class RemoteGrant(_GrantModel):
    """Which policies of workload clusters may use one Vault server.

    Each is for its own cluster alone, and for nothing in Vault but what the guide calls after that
    cluster: no pattern of names can let one cluster have another's.
    """

    policy_namespaces: tuple[str, ...] = Field(
        min_length=1,
        description="Namespaces of workload clusters whose RootTrustPolicies this grant is for.",
    )
    clusters: tuple[str, ...] = Field(
        default=("*",), description="Names of these clusters; `*` stands for any characters."
    )
    root_mounts: tuple[str, ...] = Field(
        default=("pki",), description="Mounts of root CAs that these policies may use."
    )
    vault_namespaces: tuple[str, ...] = Field(
        default=(), description="As in `grants`. Default: the server's own alone."
    )

    @field_validator("root_mounts")
    @classmethod
    def _check_root_mounts(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            _check_pattern(pattern)
        return patterns

    def build_grant(self) -> Grant:
        """Return it as what it allows."""
        return Grant(
            policy_namespaces=self.policy_namespaces,
            clusters=self.clusters,
            root_mounts=self.root_mounts,
            vault_namespaces=self.vault_namespaces,
        )


@dataclass(frozen=True, kw_only=True)
class Request:
    """What one RootTrustPolicy wants to use in Vault for one cluster.

    `server_namespace` is the Vault namespace of the operator's login, whose names are reserved.
    """

    policy_namespace: str
    vault_namespace: str = ""
    server_namespace: str = ""
    cluster: str
    root_mount: str
    auth_mount: str
    intermediate_mount: str | None
    role: str


@dataclass(frozen=True, kw_only=True)
class _Demand:
    """One value that is asked for, the field of a Grant with its patterns, and its noun."""

    noun: str
    field: str
    value: str


def find_refusal(
    grants: tuple[Grant, ...],
    request: Request,
    *,
    reserved_roles: frozenset[str] = frozenset(),
    reserved_auth_mounts: frozenset[str] = frozenset(),
) -> str | None:
    """Return None if one single grant allows all of a request, else why not and what to change.

    What is reserved (the names that the operator itself uses) is refused whatever the grants say:
    policies in every namespace, since a group of one below may give them to the operator's token;
    the mount of its login only where that is, since elsewhere it is another one.
    """
    return _find_reserved(
        request,
        roles=reserved_roles | _RESERVED_ROLES,
        auth_mounts=reserved_auth_mounts | _RESERVED_AUTH_MOUNTS,
    ) or _find_not_granted(grants, request)


def allows_namespace(grants: tuple[Grant, ...], namespace: str, *, own: str) -> bool:
    """Whether one grant is for a namespace of Vault; `own` is that of the operator's login."""
    return any(
        _is_match(pattern, namespace, cluster="")
        for grant in grants
        for pattern in (grant.vault_namespaces or (own,))
    )


def _find_reserved(
    request: Request, *, roles: frozenset[str], auth_mounts: frozenset[str]
) -> str | None:
    if request.role.lower() in {role.lower() for role in roles}:
        return (
            f"Vault policy {request.role!r} is reserved and never written: "
            "name another kubernetesAuth.role."
        )
    if request.vault_namespace != request.server_namespace:
        auth_mounts = _RESERVED_AUTH_MOUNTS
    if request.auth_mount.lower() in {mount.lower() for mount in auth_mounts}:
        return (
            f"Auth mount {request.auth_mount!r} is reserved and never written: "
            "name another kubernetesAuth.mountPath."
        )
    if request.intermediate_mount == request.root_mount:
        return (
            f"Mount {request.root_mount!r} holds the root and cannot hold intermediates too: "
            "name another mount in csrPath, or leave csrPath out."
        )
    return None


def _find_not_granted(grants: tuple[Grant, ...], request: Request) -> str | None:
    """Narrow the grants demand by demand: the first that leaves none is the one to name."""
    left = grants
    for demand in _list_demands(request):
        allowing = tuple(grant for grant in left if _allows(grant, demand, request))
        if not allowing:
            return _describe_refusal(left, demand, request)
        left = allowing
    return None


def _list_demands(request: Request) -> tuple[_Demand, ...]:
    demands = (
        ("Namespace", "policy_namespaces", request.policy_namespace),
        ("Vault namespace", "vault_namespaces", request.vault_namespace),
        ("Cluster", "clusters", request.cluster),
        ("Root mount", "root_mounts", request.root_mount),
        ("Auth mount", "auth_mounts", request.auth_mount),
        ("Intermediate mount", "intermediate_mounts", request.intermediate_mount),
        ("Role", "roles", request.role),
    )
    return tuple(
        _Demand(noun=noun, field=field, value=value)
        for noun, field, value in demands
        if value is not None
    )


def _allows(grant: Grant, demand: _Demand, request: Request) -> bool:
    patterns = _list_patterns(grant, demand, request)
    return any(_is_match(pattern, demand.value, cluster=request.cluster) for pattern in patterns)


def _list_patterns(grant: Grant, demand: _Demand, request: Request) -> tuple[str, ...]:
    patterns: tuple[str, ...] = getattr(grant, demand.field)
    is_default = demand.field == "vault_namespaces" and not patterns
    return (request.server_namespace,) if is_default else patterns


def _is_match(pattern: str, value: str, *, cluster: str) -> bool:
    """Tell whether a whole value has the form of a pattern; what is not a wildcard is literal."""
    if "*" not in pattern:
        return pattern.replace(CLUSTER_VARIABLE, cluster) == value
    expression = (
        re.escape(pattern)
        .replace(re.escape("*"), "[^/]*")
        .replace(re.escape(CLUSTER_VARIABLE), re.escape(cluster))
    )
    return re.fullmatch(expression, value) is not None


def _describe_refusal(grants: tuple[Grant, ...], demand: _Demand, request: Request) -> str:
    allowed = {each for grant in grants for each in _list_patterns(grant, demand, request)}
    shown = ", ".join(each or describe_namespace("") for each in sorted(allowed))
    return (
        f"{demand.noun} {demand.value!r} is not allowed: the operator's configuration allows "
        f"{shown or 'none'}. Use one of these, or have "
        f"vaultServers[].grants[].{to_camel(demand.field)} extended."
    )


def _check_pattern(pattern: str) -> None:
    if not _PATTERN_TEXT.fullmatch(pattern):
        raise ValueError(
            "a pattern has ASCII letters, digits, - _ . / and *; mounts and roles also ${cluster}"
        )
