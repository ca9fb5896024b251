"""What a RootTrustPolicy reports of intermediates whose keys are not secret any more."""

from __future__ import annotations

from pydantic import Field

from roottrust.api.model import ExchangedModel
from roottrust.api.text import Count, Fingerprint, StatusName, StatusText, Timestamp

COMPROMISED_MAX = 100


class CompromisedIntermediates(ExchangedModel):
    """The intermediates of one cluster that a person calls compromised, and their revocation."""

    cluster: StatusName = Field(description="The cluster's name.")
    generation: Count = Field(description="Those of a lower generation are compromised.")
    issued_before: Timestamp | None = Field(
        default=None,
        description="Those that begin before this are of a lower generation; unset until each "
        "istiod serves one that is not.",
    )
    revoked: Count = Field(default=0, description="How many of them are revoked in Vault.")
    left: Count = Field(default=0, description="How many of them are not, as far as is known.")
    trusted_until: Timestamp | None = Field(
        default=None,
        description="When the last of them ends: until then peers go on trusting what they sign, "
        "whatever is revoked.",
    )
    root: Fingerprint | None = Field(
        default=None,
        description="SHA-256 of the root that they are under: once it is replaced, nobody trusts "
        "them.",
    )
    revoked_at: Timestamp | None = Field(
        default=None, description="When the last of them was found revoked; unset before."
    )
    needs_person: bool = Field(default=False, description="A person has to act: see message.")
    message: StatusText = Field(
        default="", description="How far it is, and until when they are trusted."
    )
