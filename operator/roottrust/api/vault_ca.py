"""Where Vault is, which of its paths sign, and how agents log in."""

from __future__ import annotations

from pydantic import Field

from roottrust.api.model import ApiModel
from roottrust.api.pem import CaBundle
from roottrust.api.reference import CaSecretReference
from roottrust.api.rule import not_both, refused
from roottrust.api.vault_path import (
    AuthMountTemplate,
    CsrPathTemplate,
    RoleTemplate,
    RootSignPath,
    VaultNamespace,
    VaultUrl,
)


class ForeignReference(ApiModel):
    """A reference in a field that is refused; read only so that the refusal can say why."""

    name: str | None = Field(default=None, max_length=253, description="Name of the object.")
    namespace: str | None = Field(
        default=None, max_length=253, description="Namespace of the object."
    )


class KubernetesAuth(ApiModel):
    """How an agent logs in: with the token of its istiod's ServiceAccount."""

    RULES = (
        refused(
            "serviceAccountRef",
            "serviceAccountRef is not supported: an agent logs in as its own istiod's "
            "ServiceAccount; leave it out, and list that account in "
            "spec.management.workloadAuth.serviceAccounts if it has an unusual name",
        ),
        refused(
            "mountedSaPath",
            "mountedSaPath is not supported: a policy must not choose which file an agent sends "
            "to Vault; leave it out, and set the token's path on the agent if it is elsewhere",
        ),
        refused(
            "secretTokenKey",
            "secretTokenKey is not supported: tokens are projected into the pod, never read from "
            "a Secret; leave it out",
        ),
    )

    mount_path: AuthMountTemplate = Field(
        default="/v1/auth/kubernetes",
        description="The auth method in Vault: `/v1/auth/` and its mount, such as "
        "/v1/auth/kube-${cluster}-mesh-auth. ${cluster} becomes the cluster's name.",
    )
    role: RoleTemplate = Field(
        default="gen-int-ca-istio-${cluster}-mesh",
        description="Role to log in as; its policy in Vault has the same name. ${cluster} becomes "
        "the cluster's name.",
    )
    service_account_ref: ForeignReference | None = Field(
        default=None, description="Refused: agents log in as their own istiod."
    )
    mounted_sa_path: str | None = Field(
        default=None,
        max_length=1024,
        description="Refused: a policy does not choose which file is sent to Vault.",
    )
    secret_token_key: str | None = Field(
        default=None,
        max_length=253,
        description="Refused: tokens are never read from a Secret.",
    )


class VaultCa(ApiModel):
    """A Vault (or OpenBao) server whose PKI signs the intermediates of all selected meshes."""

    RULES = (
        refused(
            "tokenSecretRef",
            "tokenSecretRef is not supported: a long-lived token in a Secret is what this product "
            "removes; use kubernetesAuth, with which agents log in by short-lived tokens",
        ),
        not_both(
            "caBundle",
            "caSecretRef",
            "set caBundle or caSecretRef, not both: either gives the CA of Vault's server",
        ),
    )

    ca_path: RootSignPath = Field(
        description="Path that signs intermediates: MOUNT/root/sign-intermediate, such as "
        "pki/root/sign-intermediate. It names the mount of the root CA, which all selected meshes "
        "share; MOUNT/issuer/ISSUER/sign-intermediate names one issuer in it.",
    )
    csr_path: CsrPathTemplate | None = Field(
        default=None,
        description="Path at which Vault makes the intermediate's key: "
        "MOUNT/intermediate/generate/exported, such as "
        "pki_int_${cluster}/intermediate/generate/exported. Leave it out, and the agent makes the "
        "key in istiod's pod, from where only the request travels: the recommended way.",
    )
    server: VaultUrl = Field(
        description="Vault's address as agents reach it, such as https://vault.example:8200. It "
        "must be one of the operator's configuration. http:// is for trials and needs the "
        "operator's consent there.",
    )
    namespace: VaultNamespace | None = Field(
        default=None, description="Vault namespace of all these paths, such as team-a."
    )
    ca_bundle: CaBundle | None = Field(
        default=None,
        description="CA certificates, in PEM or base64 of PEM, that the server's certificate is "
        "checked with. Default: those of the operator's configuration for it, or the system's.",
    )
    ca_secret_ref: CaSecretReference | None = Field(
        default=None,
        description="The same from a Secret of the policy's namespace, instead of caBundle.",
    )
    kubernetes_auth: KubernetesAuth = Field(
        default=KubernetesAuth(), description="How agents log in to Vault."
    )
    token_secret_ref: ForeignReference | None = Field(
        default=None, description="Refused: no long-lived tokens in Secrets; use kubernetesAuth."
    )


class AgentCa(ApiModel):
    """Who signs the intermediates: Vault, at the request of the agent beside istiod."""

    vault: VaultCa = Field(description="The Vault server and its paths.")
