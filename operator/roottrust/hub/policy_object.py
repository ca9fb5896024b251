"""A RootTrustPolicy as the API server has it, read into what the domain knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from roottrust.api.choices import ObjectOrigin
from roottrust.api.problem import describe_problems
from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.api.rotation_status import RotationRoot, RotationStatus
from roottrust.domain.conflict_text import ADOPT_ANNOTATION
from roottrust.domain.deletion_scope import FINALIZER, FORCE_DELETE_ANNOTATION, wants_deletion
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.existing_root import REPLACE_ROOT_ANNOTATION
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.reasons import Reason
from roottrust.domain.reviewer import ReviewerTokens
from roottrust.domain.reviewer_status import read_reviewer_tokens
from roottrust.domain.rotation.known_roots import list_known_roots
from roottrust.domain.status import describe_place
from roottrust.domain.target import VaultTarget
from roottrust.hub.policy_key import build_policy_key
from roottrust.runtime.store import ObjectKey


@dataclass(frozen=True, kw_only=True)
class PolicyObject:
    """One object with the parts of it that a reconcile needs."""

    manifest: Mapping[str, Any]
    identity: PolicyIdentity
    generation: int
    created_at: str
    adopts: bool
    given_up_root: str | None
    deleted_at: datetime | None
    has_finalizer: bool
    forces_deletion: bool
    status: RootTrustPolicyStatus | None

    def find_known_root(
        self, target: VaultTarget, *, rotated: RotationRoot | None = None
    ) -> str | None:
        """Return the fingerprint of the target's root if the policy uses it already.

        One of another mount, one that never was usable, or that a person gave up does not count.
        `rotated` is the one that a rotation has left in use, whatever was told before.
        """
        if rotated is not None:
            return None if rotated.fingerprint == self.given_up_root else rotated.fingerprint
        root = self._find_status(target).root
        if root is None or root.issuer is None or root.mount != target.root.mount:
            return None
        return None if root.fingerprint == self.given_up_root else root.fingerprint

    def find_known_roots(self, target: VaultTarget) -> frozenset[str]:
        """Return the fingerprints of all roots that the policy may have told clusters of."""
        return list_known_roots(self._find_status(target))

    @property
    def annotations(self) -> Mapping[str, str]:
        """What people and programs have noted on it."""
        found: Mapping[str, str] = self.manifest["metadata"].get("annotations") or {}
        return found

    @property
    def rotation(self) -> RotationStatus | None:
        """What is kept of the rotation of its root, None where that is lost or never was."""
        return self.status.rotation if self.status else None

    @property
    def key(self) -> ObjectKey:
        """What it is found by, in whatever cluster it lies."""
        return build_policy_key(self.identity)

    @property
    def is_deleted(self) -> bool:
        """Whether somebody deleted it: it is there only as long as finalizers hold it."""
        return self.deleted_at is not None

    @property
    def wants_deletion(self) -> bool:
        """Whether what is made in Vault goes with it."""
        return wants_deletion(self.manifest.get("spec"))

    def find_created_paths(self, target: VaultTarget) -> frozenset[str]:
        """Return the objects in the target's part of Vault that status tells the policy made.

        The status of a policy in another cluster may be forged, and is no proof of that.
        """
        if self.identity.is_remote:
            return frozenset()
        managed = self._find_status(target).managed_objects
        return frozenset(each.path for each in managed if each.origin is ObjectOrigin.CREATED)

    def find_reviewer_tokens(self, target: VaultTarget) -> ReviewerTokens:
        """Return what status tells of the reviewer's tokens in the target's part of Vault."""
        return read_reviewer_tokens(self._find_status(target))

    def _find_status(self, target: VaultTarget) -> RootTrustPolicyStatus:
        """Return the status if it tells of where the target is: paths elsewhere are not its own."""
        status = self.status or RootTrustPolicyStatus()
        return status if status.vault == describe_place(target) else RootTrustPolicyStatus()

    def parse_spec(self) -> RootTrustPolicySpec:
        """Return the specification; raises InvalidSpecError when it breaks a rule.

        The API server has checked it, but perhaps by an older CRD.
        """
        try:
            return RootTrustPolicySpec.model_validate(self.manifest.get("spec") or {})
        except ValidationError as error:
            raise InvalidSpecError(
                f"{describe_problems(error)}.", reason=Reason.INVALID_SPEC
            ) from None


def read_policy(manifest: Mapping[str, Any], *, cluster: str = "") -> PolicyObject:
    """Return an object's parts; a status that a person broke counts as none.

    `cluster` is the registered cluster that it lies in, empty for the hub's own.
    """
    metadata = manifest["metadata"]
    annotations = metadata.get("annotations") or {}
    return PolicyObject(
        manifest=manifest,
        identity=PolicyIdentity(
            namespace=metadata["namespace"],
            name=metadata["name"],
            uid=metadata["uid"],
            cluster=cluster,
        ),
        created_at=str(metadata.get("creationTimestamp") or ""),
        generation=int(metadata.get("generation") or 0),
        adopts=annotations.get(ADOPT_ANNOTATION) == "true",
        given_up_root=annotations.get(REPLACE_ROOT_ANNOTATION),
        deleted_at=_parse_time(metadata.get("deletionTimestamp")),
        has_finalizer=FINALIZER in (metadata.get("finalizers") or ()),
        forces_deletion=annotations.get(FORCE_DELETE_ANNOTATION) == "true",
        status=RootTrustPolicyStatus.find(manifest.get("status")),
    )


def _parse_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
