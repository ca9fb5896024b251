"""What the product does in Vault on a policy's behalf."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from roottrust.api.choices import (
    AuthMethod,
    DeletionPolicy,
    KeyType,
    ManagementMode,
    Reviewer,
    RootSource,
)
from roottrust.api.listing import distinct
from roottrust.api.model import ApiModel
from roottrust.api.reference import SecretReference
from roottrust.api.rule import Rule, full_match
from roottrust.api.text import DnsLabel, SubjectText

# An intermediate lives a day or more and ends a day before its root, a moment after this was made.
MIN_ROOT_DAYS = 3


def _has_secret_only_to_import(root: Root) -> bool:
    return (root.source is RootSource.IMPORT) == (root.secret_ref is not None)


def _describes_only_what_it_generates(root: Root) -> bool:
    described = (root.common_name, root.ttl_days, root.key_type)
    return root.source is RootSource.GENERATE or not any(described)


class Root(ApiModel):
    """The root CA that all selected meshes share."""

    RULES = (
        Rule(
            cel="(self.source == 'Import') == has(self.secretRef)",
            holds=_has_secret_only_to_import,
            message="secretRef goes with source Import, and only with it: it names the Secret "
            "that holds root-cert.pem and root-key.pem",
            field="secretRef",
        ),
        Rule(
            cel="self.source == 'Generate' || "
            "!(has(self.commonName) || has(self.ttlDays) || has(self.keyType))",
            holds=_describes_only_what_it_generates,
            message="commonName, ttlDays and keyType go with source Generate only: an existing or "
            "imported root has them already",
        ),
    )

    source: RootSource = Field(
        default=RootSource.EXISTING,
        description="Existing: the mount has a root, which is used as it is. Generate: Vault makes "
        "one, and its key never leaves Vault. Import: the root in secretRef is given to Vault "
        "once. A root is never made unless Generate is written here.",
    )
    secret_ref: SecretReference | None = Field(
        default=None,
        description="Secret of the policy's namespace with root-cert.pem and root-key.pem, for "
        "Import. Delete it afterwards: until then the status warns.",
    )
    common_name: SubjectText | None = Field(
        default=None,
        description="Common name of the generated root. Default: `Istio root CA`.",
    )
    ttl_days: Annotated[int, Field(ge=MIN_ROOT_DAYS, le=7300)] | None = Field(
        default=None,
        description="Days that the generated root is valid, 3 or more: what it signs ends a day "
        "before it. Default: 3650.",
    )
    key_type: KeyType | None = Field(
        default=None, description="Key of the generated root. Default: ecdsa-p256."
    )


def _has_audience_that_works(auth: WorkloadAuth) -> bool:
    reviews_itself = auth.method is AuthMethod.KUBERNETES and auth.reviewer is Reviewer.CLIENT_TOKEN
    return auth.audience is None or not reviews_itself


def _has_reviewer_only_to_review(auth: WorkloadAuth) -> bool:
    return auth.method is AuthMethod.KUBERNETES or auth.reviewer is Reviewer.CLIENT_TOKEN


Audience = Annotated[
    str,
    Field(min_length=1, max_length=256),
    full_match(
        "[A-Za-z0-9._:/-]+",
        "must be one audience of letters, digits and . _ : / - only, such as vault; "
        "placeholders cannot stand in it (left out, each cluster has an audience of its own)",
    ),
]


class WorkloadAuth(ApiModel):
    """How Vault checks the token that an agent logs in with."""

    RULES = (
        Rule(
            cel="!has(self.audience) || self.method == 'jwt' || "
            "self.reviewer == 'ServiceAccountToken'",
            holds=_has_audience_that_works,
            message="audience cannot go with reviewer ClientToken: that token is for the API "
            "server, and no other audience passes its review; leave audience out, or use method "
            "jwt or reviewer ServiceAccountToken",
            field="audience",
        ),
        Rule(
            cel="self.method == 'kubernetes' || self.reviewer == 'ClientToken'",
            holds=_has_reviewer_only_to_review,
            message="reviewer ServiceAccountToken goes with method kubernetes only: with jwt Vault "
            "checks the signature itself and nobody reviews; leave reviewer out",
            field="reviewer",
        ),
    )

    method: AuthMethod = Field(
        default=AuthMethod.KUBERNETES,
        description="jwt: Vault checks the token's signature with the cluster's public keys and "
        "never calls the cluster; it needs a projected token, as our samples mount it. "
        "kubernetes: Vault asks the cluster to review the token, as in the guide.",
    )
    reviewer: Reviewer = Field(
        default=Reviewer.CLIENT_TOKEN,
        description="With method kubernetes, whose credential Vault asks for a review with. "
        "ClientToken: istiod's own token, which Vault then sees (the status warns). "
        "ServiceAccountToken: the account roottrust-reviewer, which may do nothing else. It has "
        "no meaning with jwt.",
    )
    service_accounts: Annotated[
        tuple[DnsLabel, ...], Field(max_length=8, json_schema_extra=distinct())
    ] = Field(
        default=(),
        description="ServiceAccounts of istiod that may log in. Default: istiod-service-account "
        "and istiod, narrowed to the Mesh's own once it is seen.",
    )
    audience: Audience | None = Field(
        default=None,
        description="Audience that tokens must have. Default with jwt: vault- and the cluster's "
        "name, another one for each cluster; one that is written here serves one cluster only.",
    )


class Management(ApiModel):
    """What is done in Vault: which objects are kept up, and what becomes of them."""

    mode: ManagementMode = Field(
        default=ManagementMode.MANAGE,
        description="Manage keeps Vault as this policy says. Observe writes nothing to Vault and "
        "reports in the status what Manage would do.",
    )
    deletion_policy: DeletionPolicy = Field(
        default=DeletionPolicy.RETAIN,
        description="When this policy is deleted, Retain leaves Vault as it is; Delete removes "
        "what was created for it, never what was adopted, and never a root.",
    )
    root: Root = Field(default=Root(), description="The root CA.")
    workload_auth: WorkloadAuth = Field(
        default=WorkloadAuth(), description="How Vault checks who an agent is."
    )
    allow_unnamed_issuer: bool = Field(
        default=False,
        description="Also let agents sign at caPath itself, where Vault's default issuer answers. "
        "Only for agents that are not ours: ours name the issuer.",
    )
