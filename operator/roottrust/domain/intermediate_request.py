"""What an agent sends to Vault for its intermediate: exactly what its policy there pins.

Pinned values compare as strings, so that all travel as such (`domain/policy_document.py`).
"""

from __future__ import annotations

from roottrust.api.issued_certificate import CertOptions
from roottrust.domain.duration import build_hours
from roottrust.domain.key_parameters import KEY_PARAMETERS


def build_sign_request(options: CertOptions, *, csr: str) -> dict[str, str]:
    """Return the body for MOUNT/issuer/ISSUER/sign-intermediate."""
    return {
        "csr": csr,
        "common_name": options.common_name,
        "max_path_length": "0",
        "ttl": build_hours(options.ttl_days),
        "exclude_cn_from_sans": "true",
        "format": "pem",
        **_build_organization(options),
    }


def build_key_request(options: CertOptions) -> dict[str, str]:
    """Return the body for MOUNT/intermediate/generate/exported."""
    key_type, key_bits = KEY_PARAMETERS[options.key_type]
    return {
        "common_name": options.common_name,
        "key_type": key_type,
        "key_bits": str(key_bits),
        "format": "pem",
        **_build_organization(options),
    }


def _build_organization(options: CertOptions) -> dict[str, str]:
    return {} if options.org_name is None else {"organization": options.org_name}
