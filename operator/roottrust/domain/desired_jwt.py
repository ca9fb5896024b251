"""How Vault checks tokens by their signature (API path auth/jwt of Vault)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roottrust.domain.login_check import SignatureCheck
from roottrust.domain.target import ClusterTarget

CLOCK_SKEW_SECONDS = 60
# Vault takes 0 for its default of 150 s, and a negative number for none.
_NO_LEEWAY = -1


def build_jwt_config(check: SignatureCheck) -> Mapping[str, Any]:
    """Return a configuration with which Vault never calls the cluster and holds no credential."""
    keys = check.keys
    return {
        "jwt_validation_pubkeys": keys.public_keys if keys else (),
        "jwt_supported_algs": keys.algorithms if keys else (),
        "bound_issuer": keys.issuer if keys else "",
        "oidc_discovery_url": "",
        "jwks_url": "",
        "default_role": "",
    }


def build_jwt_bounds(cluster: ClusterTarget, *, audience: str) -> Mapping[str, Any]:
    """Return whom a role lets in: one audience, and subjects compared letter by letter.

    A token without an end is taken to end as it starts.
    """
    subjects = tuple(
        f"system:serviceaccount:{each.namespace}:{each.name}" for each in cluster.accounts
    )
    is_one = len(subjects) == 1
    return {
        "role_type": "jwt",
        "user_claim": "sub",
        "user_claim_json_pointer": False,
        "groups_claim": "",
        "claim_mappings": {},
        "bound_audiences": (audience,),
        "bound_subject": subjects[0] if is_one else "",
        "bound_claims": {} if is_one else {"sub": subjects},
        "bound_claims_type": "string",
        "expiration_leeway": _NO_LEEWAY,
        "not_before_leeway": _NO_LEEWAY,
        "clock_skew_leeway": CLOCK_SKEW_SECONDS,
    }
