"""What the kinds allow and this version does not do: refused with its reason, never ignored."""

from __future__ import annotations

from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.reasons import Reason


def check_supported(spec: RootTrustPolicySpec) -> None:
    """Raise InvalidSpecError, reason NotSupported, for what would have no effect."""
    unsupported = _list_unsupported(spec)
    if unsupported:
        raise InvalidSpecError(
            f"This version does not support {'; nor '.join(unsupported)}.",
            reason=Reason.NOT_SUPPORTED,
        )


def _list_unsupported(spec: RootTrustPolicySpec) -> tuple[str, ...]:
    found = {
        "config.passiveCertificateAuthorities (leave it out)": bool(
            spec.config.passive_certificate_authorities
        ),
    }
    return tuple(text for text, is_asked in found.items() if is_asked)
