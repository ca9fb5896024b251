"""What a policy was told last: a digest of it, since whole statuses would fill a hub's memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.kube.status import dump_status


@dataclass(frozen=True, kw_only=True)
class ToldStatus:
    """Enough of a status to know it again when a watch brings it back."""

    digest: bytes
    has_root: bool

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """Return what `body`, a status as `dump_status` makes it, is known by."""
        return cls(digest=_digest(body), has_root="root" in body)

    def is_same(self, found: object) -> bool:
        """Whether a status that was found says the same; mostly it comes back as it went."""
        if _digest(found) == self.digest:
            return True
        status = RootTrustPolicyStatus.find(found)
        return status is not None and _digest(dump_status(status)) == self.digest


def _digest(status: object) -> bytes:
    return hashlib.sha256(json.dumps(status, sort_keys=True).encode()).digest()
