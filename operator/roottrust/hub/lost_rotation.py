"""Finding out how far the rotation of a root is, where no status tells it any more."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime

from roottrust.api.rotation_status import RotationStatus
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.issuance_object import read_roots, read_spec
from roottrust.domain.precedence import Claim
from roottrust.domain.reasons import Reason
from roottrust.domain.rotation.found_roots import find_roots
from roottrust.domain.rotation.infer import FoundPosture, infer_state
from roottrust.domain.rotation.report import name_place
from roottrust.domain.rotation.wish import RotationWish
from roottrust.hub.claim_book import ClaimBook
from roottrust.hub.cluster_registry import ClusterRegistry
from roottrust.hub.heard_cluster import find_silence
from roottrust.hub.vault_server import VaultServer

logger = logging.getLogger(__name__)


class LostRotations:
    """Works it out from the issuers in Vault and from what clusters were asked for."""

    def __init__(
        self, *, clusters: ClusterRegistry, claims: ClaimBook, now: Callable[[], datetime]
    ) -> None:
        self._clusters = clusters
        self._claims = claims
        self._now = now

    async def find(
        self,
        claim: Claim,
        owner: Claim,
        wish: RotationWish,
        get_server: Callable[[], VaultServer],
    ) -> RotationStatus:
        """Return how far the rotation is of a root whose owner's status tells of none.

        Those who share the root wait for its owner. Raises RootTrustError.
        """
        if wish.generation == 1:
            return RotationStatus(root_generation=1)
        if owner.policy != claim.policy:
            raise DependencyMissingError(
                f"RootTrustPolicy {owner.policy.full_name}, whose root this is, has not told yet "
                "how far its rotation is.",
                reason=Reason.WAITING_FOR_ROTATION,
            )
        root = owner.target.root
        found = await get_server().observe_issuers(root.mount)
        roots = find_roots(
            found.issuers, default=found.default, reference=root.issuer, wanted=wish.generation
        )
        if roots.is_on_the_way:
            self._require_all_heard(owner, wish)
        postures = list(self._list_postures(owner))
        state = infer_state(wish, roots, postures, now=self._now())
        logger.info("the rotation of the root is found anew: %s", name_place(state))
        return state

    def _require_all_heard(self, owner: Claim, wish: RotationWish) -> None:
        """Raise DependencyMissingError while a cluster is not heard: it may be ahead of all others.

        One that a person took out of the rotation is not waited for.
        """
        for claim in self._claims.list_sharing(owner):
            for cluster in claim.target.clusters:
                is_heard = find_silence(self._clusters, cluster) is None
                if is_heard or wish.is_excluded(cluster.cluster, wish.generation):
                    continue
                raise DependencyMissingError(
                    "How far the rotation of the root is, is not told by any status, and cannot be "
                    f"found out before {cluster.cluster} is heard.",
                    reason=Reason.WAITING_FOR_ROTATION,
                )

    def _list_postures(self, owner: Claim) -> Iterator[FoundPosture]:
        for claim in self._claims.list_sharing(owner):
            for key, manifest in self._clusters.find_owned(claim.policy.full_name).items():
                spec = read_spec(manifest)
                roots = read_roots(spec.trust_bundle) if spec else ()
                if spec is None or not roots:
                    continue
                signing = read_roots(spec.signing_root) if spec.signing_root else ()
                yield FoundPosture(
                    cluster=key.cluster,
                    signer=(signing or roots)[0].fingerprint,
                    roots=tuple(each.fingerprint for each in roots),
                    cross_certificate=spec.cross_certificates,
                )
