"""What was found in Vault: the input of a plan.

None means that Vault says there is no such thing; `Unread` means that we could not find out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from roottrust.domain.certificate import Certificate
from roottrust.domain.errors import RootTrustError

# The usage of an issuer that may sign (Vault API: issuer/<id>, usage).
ISSUING = "issuing-certificates"


@dataclass(frozen=True, kw_only=True)
class Unread:
    """Something that could not be read, and why."""

    error: RootTrustError


@dataclass(frozen=True, kw_only=True)
class MountFacts:
    """One secrets or auth mount, from sys/mounts or sys/auth."""

    type: str
    description: str
    max_ttl_seconds: int

    def get_fields(self) -> dict[str, Any]:
        """Return the fields that are compared, by the names that Vault writes them with."""
        return {
            "type": self.type,
            "description": self.description,
            "max_lease_ttl": self.max_ttl_seconds,
        }


@dataclass(frozen=True, kw_only=True)
class IssuerFacts:
    """One issuer of a pki mount; `certificate` is None when what Vault holds is unreadable.

    `issuer_name` and `key_id` are empty where there is none. `usages` are what it may be used for,
    None where Vault does not tell. One that `is_revoked` never signs again, whatever it may.
    """

    issuer_id: str
    issuer_name: str
    certificate: Certificate | None
    has_key: bool
    key_id: str = ""
    usages: frozenset[str] | None = None
    is_revoked: bool = False

    @property
    def may_sign(self) -> bool:
        """Whether Vault lets it issue certificates."""
        return not self.is_revoked and (self.usages is None or ISSUING in self.usages)


@dataclass(frozen=True, kw_only=True)
class ClusterFacts:
    """What Vault has for one cluster, beside mounts."""

    auth_config: Mapping[str, Any] | None = field(repr=False)
    role: Mapping[str, Any] | None
    role_names: tuple[str, ...]
    policy: str | None


@dataclass(frozen=True, kw_only=True)
class VaultFacts:
    """What one policy's part of Vault looks like; mounts by path without slashes at the ends.

    `other_issuers` are those that the root's mount has beside a root that is not there, or has no
    key: they tell why. `default_issuer` is the id of the mount's default one, None where nothing
    depends on it or it cannot be read. The rest is looked for in a rotation alone: `next_issuer` is
    the root that is to take its place, `beside` are the others of the mount while that is not
    there, and `follows_latest` says that the mount makes each new issuer its default one.
    """

    mounts: Mapping[str, MountFacts]
    auth_mounts: Mapping[str, MountFacts]
    root_issuer: IssuerFacts | Unread | None
    clusters: Mapping[str, ClusterFacts | Unread]
    other_issuers: tuple[IssuerFacts, ...] = ()
    default_issuer: str | None = None
    next_issuer: IssuerFacts | Unread | None = None
    follows_latest: bool = False
    beside: tuple[IssuerFacts, ...] = ()
