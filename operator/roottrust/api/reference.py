"""References to other objects."""

from __future__ import annotations

from pydantic import Field

from roottrust.api.model import ApiModel, ExchangedModel
from roottrust.api.rule import unchanged
from roottrust.api.text import DnsLabel, MeshName, ObjectName, SecretKey


class SecretReference(ApiModel):
    """A Secret of the policy's own namespace; no other namespace's Secrets are read."""

    name: ObjectName = Field(description="Name of the Secret.")
    namespace: DnsLabel | None = Field(
        default=None,
        description="May be left out. If set, it must be the policy's own namespace: a Secret "
        "elsewhere is never read.",
    )


class CaSecretReference(SecretReference):
    """A Secret whose key holds the CA certificates of Vault's server."""

    key: SecretKey = Field(default="ca.crt", description="Key that holds the certificates in PEM.")


class RootSecretReference(SecretReference):
    """A Secret whose key holds a root certificate."""

    key: SecretKey = Field(
        default="root-cert.pem", description="Key that holds the certificate in PEM."
    )


class MeshReference(ExchangedModel):
    """One mesh: its Mesh object and the istiod Deployment that it stands for."""

    name: MeshName = Field(description="Name of the Mesh object.")
    cluster: DnsLabel = Field(description="Cluster that the mesh is in, as the hub calls it.")
    namespace: DnsLabel = Field(description="istiod's namespace.")
    deployment: DnsLabel = Field(
        description="istiod's Deployment: an agent finds its own object by this name."
    )


MESH_REFERENCE_IS_FIXED = unchanged(
    "cannot be changed: an object belongs to one mesh; delete it and create another"
)
