"""Who signs for one cluster, what it trusts, and its chains: at rest, or between two roots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from roottrust.api.choices import RestartScope
from roottrust.domain.existing_root import UsableRoot
from roottrust.domain.rotation.cluster_step import ClusterStep
from roottrust.domain.rotation.posture import Side
from roottrust.domain.trust_bundle import TrustBundle, build_trust_bundle


@dataclass(frozen=True, kw_only=True)
class ClusterTrust:
    """Who signs for a cluster, and what its istiods are to trust; `step` is set in a rotation."""

    signer: UsableRoot
    bundle: TrustBundle
    step: ClusterStep | None = None

    def wants_restarts(self, *, is_asked: bool) -> bool:
        """Whether workloads are restarted for what changes now; `is_asked` is by the policy."""
        if self.step is None:
            return is_asked
        return self.step.restarts and (is_asked or self.step.forces_restarts)

    def build_fields(self) -> dict[str, Any]:
        """Return what an IssuedCertificate says of it beside its trust bundle."""
        if self.step is None:
            return {}
        fields: dict[str, Any] = {"rotationStep": self.step.name}
        if self.bundle.roots[0] != self.signer.certificate:
            fields["signingRoot"] = self.signer.certificate.pem
        if self.step.posture.is_crossed and self.step.cross_certificate:
            fields["crossCertificates"] = self.step.cross_certificate
        if self.step.restarts and self.step.is_istiod_alone:
            fields["restartScope"] = RestartScope.ISTIOD.value
        return fields


def find_trust(
    step: ClusterStep | None, *, root: UsableRoot | None, following: UsableRoot | None
) -> ClusterTrust | None:
    """Return what a cluster is to have, None while a root that it takes is not usable.

    `following` is the root that is to take the place of `root`.
    """
    if step is None:
        return None if root is None else ClusterTrust(signer=root, bundle=_bundle(root))
    roots: Mapping[Side, UsableRoot | None] = {Side.PREVIOUS: root, Side.NEXT: following}
    signer, bundle = roots[step.posture.signer], [roots[side] for side in step.posture.roots]
    known = [each for each in bundle if each is not None]
    lacks_cross = step.posture.is_crossed and step.cross_certificate is None
    if signer is None or len(known) < len(bundle) or lacks_cross:
        return None
    return ClusterTrust(signer=signer, bundle=_bundle(*known), step=step)


def _bundle(first: UsableRoot, *others: UsableRoot) -> TrustBundle:
    return build_trust_bundle(first.certificate, *(each.certificate for each in others))
