"""Ownership marks: how Vault itself says which RootTrustPolicy an object belongs to.

They are kept in the descriptions of mounts and in the first comment of policy documents, so that
ownership survives the loss of every status.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from roottrust.api.choices import ObjectOrigin
from roottrust.domain.policy import PolicyIdentity

# Of what is written into clusters.
OWNER_ANNOTATION = "internal.gloo.solo.io/owner"

_MARK = re.compile(
    r"^roottrust hub=(?P<hub>[a-z0-9-]+) "
    r"policy=((?P<cluster>[a-z0-9-]+):)?(?P<namespace>[a-z0-9-]+)/(?P<name>[a-z0-9.-]+) "
    r"uid=(?P<uid>[A-Za-z0-9-]+) origin=(?P<origin>created|adopted)$"
)


@dataclass(frozen=True, kw_only=True)
class Mark:
    """The mark of one policy of one hub; `origin` says whether we made the object."""

    hub: str
    policy: PolicyIdentity
    origin: ObjectOrigin

    def render(self) -> str:
        """Return the mark as it is written into Vault: one line."""
        return (
            f"roottrust hub={self.hub} policy={self.policy.full_name} uid={self.policy.uid} "
            f"origin={self.origin.lower()}"
        )

    def has_owner(self, *, hub: str, policy: PolicyIdentity) -> bool:
        """Whether the object is this policy's; a policy that was made anew keeps its objects."""
        return self.hub == hub and self.policy.full_name == policy.full_name

    def describe_owner(self) -> str:
        """Return words for a conflict's message."""
        return describe_policy(self.policy.full_name, hub=self.hub)


def describe_policy(full_name: str, *, hub: str) -> str:
    """Return words for whose something is."""
    return f"RootTrustPolicy {full_name} of hub {hub}"


def parse_mark(text: str | None) -> Mark | None:
    """Return the mark that a description or comment holds, None if it holds none."""
    found = _MARK.match((text or "").strip())
    if found is None:
        return None
    return Mark(
        hub=found["hub"],
        policy=PolicyIdentity(
            namespace=found["namespace"],
            name=found["name"],
            uid=found["uid"],
            cluster=found["cluster"] or "",
        ),
        origin=ObjectOrigin(found["origin"].capitalize()),
    )
