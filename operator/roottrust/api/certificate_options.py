"""What the intermediates look like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from roottrust.api.choices import KeyType
from roottrust.api.model import ApiModel
from roottrust.api.rule import Rule
from roottrust.api.text import SubjectText

# The model fills it from its neighbours, which a schema's default cannot: the CRD has none.
DERIVED: dict[str, Any] = {"x-derived": True}

RSA_KEY_SIZES = (2048, 3072, 4096)

RsaKeySize = Annotated[
    int,
    Field(ge=1, le=65536),
    Rule(
        cel="self in [2048, 3072, 4096]",
        holds=lambda size: size in RSA_KEY_SIZES,
        message="must be 2048, 3072 or 4096: in spite of the field's name the unit is bits",
    ),
]

GraceRatio = Annotated[
    float,
    Field(ge=0, le=1),
    Rule(
        cel="self > 0.0 && self < 1.0",
        holds=lambda ratio: 0 < ratio < 1,
        message="must be above 0 and below 1: 0.1 renews when a tenth of the lifetime is left",
    ),
]


def _agrees_with_key_type(options: IntermediateCertOptions) -> bool:
    size = options.rsa_key_size_bytes
    return size is None or options.key_type == f"rsa-{size}"


class IntermediateCertOptions(ApiModel):
    """How long intermediates live, what keys they have, and when they are renewed."""

    RULES = (
        Rule(
            # Put together by `+`, the name of the key would have no size known to CEL's budget.
            cel="!has(self.rsaKeySizeBytes) || !has(self.keyType) || !("
            + " || ".join(
                f"self.rsaKeySizeBytes == {size} && self.keyType != 'rsa-{size}'"
                for size in RSA_KEY_SIZES
            )
            + ")",
            holds=_agrees_with_key_type,
            message="rsaKeySizeBytes and keyType contradict each other: leave rsaKeySizeBytes "
            "out and set keyType alone",
            field="keyType",
        ),
    )

    ttl_days: int = Field(
        default=365,
        ge=1,
        le=3650,
        description="Days that an intermediate is valid. It is cut to what the root has left.",
    )
    rsa_key_size_bytes: RsaKeySize | None = Field(
        default=None,
        description="Size of an RSA key in bits (in spite of its name): 2048, 3072 or 4096. Better "
        "say keyType rsa-SIZE.",
    )
    org_name: SubjectText | None = Field(
        default=None, description="Organization in the intermediate's subject."
    )
    secret_rotation_grace_period_ratio: GraceRatio | None = Field(
        default=None,
        description="Share of the lifetime that is left when it is renewed: 0.1 renews an "
        "intermediate of 10 days one day before its end. Default: a third.",
    )
    key_type: KeyType = Field(
        default=KeyType.ECDSA_P256,
        description="Key of the intermediate. Default: ecdsa-p256, or RSA if rsaKeySizeBytes is "
        "set.",
        json_schema_extra=DERIVED,
    )

    @model_validator(mode="before")
    @classmethod
    def _derive_key_type(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or "keyType" in data or "key_type" in data:
            return data
        size = data.get("rsaKeySizeBytes") or data.get("rsa_key_size_bytes")
        return {**data, "keyType": f"rsa-{size}"} if size in RSA_KEY_SIZES else data
