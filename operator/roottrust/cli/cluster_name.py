"""The name of a cluster as a person writes it: the hub would refuse it, or find nothing by it."""

from __future__ import annotations

from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.names import is_dns_label
from roottrust.domain.reasons import Reason


def check_cluster_name(name: str) -> None:
    """Refuse what cannot be one; raises InvalidSpecError."""
    if not is_dns_label(name):
        raise InvalidSpecError(
            f"{name!r} is no DNS label, and names of clusters become parts of certificates: use "
            "small letters, digits and dashes.",
            reason=Reason.INVALID_CLUSTER_NAME,
        )
