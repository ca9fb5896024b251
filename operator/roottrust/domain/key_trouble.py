"""What it means that the keys of a cluster's tokens cannot be read."""

from __future__ import annotations

from roottrust.api.choices import ConditionStatus
from roottrust.domain.fault import Fault
from roottrust.domain.login_check import SignatureCheck
from roottrust.domain.reasons import Reason
from roottrust.domain.target import ClusterTarget


def find_unknown_keys(cluster: ClusterTarget) -> Fault | None:
    """Return why nothing can be done for a cluster whose keys were never read; None otherwise.

    What Vault has of an earlier time stays as it is.
    """
    check = cluster.login_check
    if not isinstance(check, SignatureCheck) or check.keys is not None:
        return None
    trouble = check.trouble or "They were not read yet."
    return Fault(
        status=ConditionStatus.UNKNOWN,
        reason=Reason.TOKEN_KEYS_UNREADABLE,
        message=f"The keys of {cluster.cluster}'s tokens are not known: {trouble}",
    )


def list_key_warnings(cluster: ClusterTarget) -> tuple[str, ...]:
    """Return the warning that Vault is given keys which could not be read again."""
    check = cluster.login_check
    if not isinstance(check, SignatureCheck) or check.keys is None or check.trouble is None:
        return ()
    name = cluster.cluster
    told = f"The keys of {name}'s tokens could not be read again, and the last ones are kept"
    return (f"{told}: {check.trouble}",)
