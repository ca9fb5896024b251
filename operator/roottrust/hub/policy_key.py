"""By what the hub finds a RootTrustPolicy, in whatever cluster it lies."""

from __future__ import annotations

from roottrust.domain.policy import PolicyIdentity
from roottrust.hub.kinds import POLICIES
from roottrust.runtime.store import ObjectKey


def build_policy_key(policy: PolicyIdentity) -> ObjectKey:
    """Return the key of a policy."""
    return _build(policy.namespace, policy.name, cluster=policy.cluster)


def parse_policy_key(full_name: str) -> ObjectKey:
    """Return the key of the policy that is called so, as `PolicyIdentity.full_name` has it."""
    cluster, _, place = full_name.rpartition(":")
    namespace, _, name = place.partition("/")
    return _build(namespace, name, cluster=cluster)


def _build(namespace: str, name: str, *, cluster: str) -> ObjectKey:
    return ObjectKey(kind=POLICIES, namespace=namespace, name=name, cluster=cluster)
