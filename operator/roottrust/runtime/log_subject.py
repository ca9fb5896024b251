"""What log lines and Events call a policy that is worked on."""

from __future__ import annotations

from roottrust.domain.policy import PolicyIdentity
from roottrust.runtime.store import ObjectKey


def describe_policy(policy: ObjectKey | PolicyIdentity) -> dict[str, str]:
    """Return the fields of a policy: where it lies in a workload cluster, it is of that alone."""
    return {"policy": f"{policy.namespace}/{policy.name}", "cluster": policy.cluster}
