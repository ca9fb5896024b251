"""Names: DNS labels, common names of intermediates, istiod's own, audiences, issuers."""

from __future__ import annotations

import hashlib
import re

COMMON_NAME_MAX_LENGTH = 64  # ub-common-name, RFC 5280 appendix A.1

_DNS_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
_OBJECT_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")
_COMMON_NAME_PREFIX = "roottrust istiod CA "
_DIGEST_LENGTH = 12
_ISSUER_PREFIX = "roottrust-g"
_GENERATION_DIGITS = 7


def is_dns_label(text: str) -> bool:
    """Tell whether a text is a DNS label as Kubernetes means it (RFC 1123, lower case)."""
    return _DNS_LABEL.fullmatch(text) is not None


def is_object_name(text: str) -> bool:
    """Tell whether a text can be the name of an object in Kubernetes (RFC 1123 subdomain)."""
    return _OBJECT_NAME.fullmatch(text) is not None and ".." not in text


def build_intermediate_common_name(cluster: str) -> str:
    """Return the common name that every intermediate of a cluster bears, and no other's does.

    A Vault policy pins it. Raises ValueError unless the cluster's name is a DNS label.
    """
    if not is_dns_label(cluster):
        raise ValueError(f"{cluster!r} is not a DNS label")
    name = _COMMON_NAME_PREFIX + cluster
    if len(name) <= COMMON_NAME_MAX_LENGTH:
        return name
    # No DNS label holds a dot, so a shortened name is never the full name of another cluster.
    ending = "." + hashlib.sha256(cluster.encode()).hexdigest()[:_DIGEST_LENGTH]
    return name[: COMMON_NAME_MAX_LENGTH - len(ending)] + ending


def build_istiod_host(namespace: str) -> str:
    """Return the name that every istiod of a namespace serves (istio: bootstrap getDNSNames)."""
    return f"istiod.{namespace}.svc"


def build_audience(cluster: str) -> str:
    """Return the audience of tokens for Vault that a cluster has unless a policy names one.

    No two clusters share it: their names differ.
    """
    return f"vault-{cluster}"


def build_issuer_name(generation: int) -> str:
    """Return the name of our root issuer of a generation; Vault refuses to make one twice."""
    return f"{_ISSUER_PREFIX}{generation}"


def find_generation(issuer_name: str) -> int | None:
    """Return the generation that the name of a root's issuer tells, None if it is none of ours."""
    digits = issuer_name.removeprefix(_ISSUER_PREFIX)
    is_ours = issuer_name.startswith(_ISSUER_PREFIX) and digits.isascii() and digits.isdigit()
    return int(digits) if is_ours and len(digits) <= _GENERATION_DIGITS else None
