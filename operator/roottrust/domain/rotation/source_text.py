"""Where the next root comes from, in words, and what is to be done for it."""

from __future__ import annotations

from roottrust.api.choices import RootSource
from roottrust.domain.names import build_issuer_name


def describe_next_root(
    source: RootSource | None, *, place: str, generation: int, secret: str | None
) -> str:
    """Return it as a sentence; `place` names the root's mount, `secret` what Import is from."""
    issuer = build_issuer_name(generation)
    match source:
        case RootSource.GENERATE:
            return f"Vault makes the next root in {place} as issuer {issuer}."
        case RootSource.IMPORT:
            return (
                f"The next root is taken from Secret {secret} into {place} as issuer "
                f"{issuer}: put its root-cert.pem and root-key.pem there; until then Prepare waits."
            )
        case _:
            return (
                f"The next root is made by whoever keeps {place}, as an issuer of the name "
                f"{issuer}; until then Prepare waits."
            )
