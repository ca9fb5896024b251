"""Secrets by which istiod's CA may come from elsewhere, and what istiod does with each of them."""

from __future__ import annotations

OVERRIDING = "istiod-tls"

# pilot/pkg/bootstrap: what istiod does with each of them, if it is mounted or found.
_MEANINGS = {
    OVERRIDING: "istiod publishes the CA in it instead of the root that it signs under, and "
    "workloads then trust nobody: delete it and restart istiod",
    "cacerts": "an istiod without the agent would sign with the key in it: delete it once no "
    "istiod mounts it",
    "istio-ca-secret": "istiod has signed with a root of its own, and does so again if it ever "
    "starts without a CA folder: delete it",
}

FOREIGN_SECRETS = tuple(_MEANINGS)


def describe_foreign_secret(name: str, *, namespace: str) -> str:
    """Return what one of them means, and what to do with it."""
    return f"There is a Secret {name} in {namespace}: {_MEANINGS[name]}."
