"""What policies may touch: the operator's configuration, never a policy's choice."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Grant(BaseModel):
    """Which policies may use which clusters and which paths of one Vault server."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )

    policy_namespaces: tuple[str, ...] = Field(
        min_length=1, description="Namespaces whose RootTrustPolicies this grant is for."
    )
    clusters: tuple[str, ...] = Field(
        default=("*",), description="Names of clusters; `*` stands for any characters."
    )
    root_mounts: tuple[str, ...] = Field(
        default=("pki",), description="Mounts of root CAs that policies may use."
    )
    auth_mounts: tuple[str, ...] = Field(
        default=("kube-*-mesh-auth",), description="Auth mounts that policies may manage."
    )
    intermediate_mounts: tuple[str, ...] = Field(
        default=("pki_int_*",), description="Intermediate mounts that policies may manage."
    )
    roles: tuple[str, ...] = Field(
        default=("gen-int-ca-istio-*",),
        description="Vault roles and policies that policies may manage.",
    )
