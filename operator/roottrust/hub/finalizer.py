"""Our finalizer: on a policy for as long as its deletion has work to do in Vault."""

from __future__ import annotations

import logging
from contextlib import suppress

from roottrust.domain.deletion_scope import FINALIZER
from roottrust.domain.errors import DependencyMissingError
from roottrust.hub.kinds import POLICIES
from roottrust.hub.policy_change import take_over_finalizers
from roottrust.hub.policy_homes import PolicyHomes
from roottrust.hub.policy_object import PolicyObject
from roottrust.kube.finalizer_removal import take_off_finalizer

logger = logging.getLogger(__name__)

FIELD_MANAGER = "roottrust-hub-finalizer"


class Finalizers:
    """Puts it on and takes it off; finalizers of others are never touched."""

    def __init__(self, homes: PolicyHomes) -> None:
        self._homes = homes

    async def add(self, policy: PolicyObject) -> None:
        """Put it on, unless it is; raises RootTrustError."""
        if policy.has_finalizer:
            return
        identity = policy.identity
        metadata = {
            "namespace": identity.namespace,
            "name": identity.name,
            # Of another object by that name, or none, this says nothing: Kubernetes refuses it.
            "uid": identity.uid,
            "finalizers": [FINALIZER],
        }
        written = await self._homes.run(
            policy,
            lambda client: client.apply(
                POLICIES, {"metadata": metadata}, field_manager=FIELD_MANAGER
            ),
        )
        found = take_over_finalizers(policy.manifest, written)
        if found is not None:
            self._homes.take_over(policy.key, found)  # or its status would meet another version
        logger.info("the policy waits for Vault when it is deleted (%s)", FINALIZER)

    async def remove(self, policy: PolicyObject) -> None:
        """Take it off, if it is on; raises ConflictError when the list has changed meanwhile."""
        if not policy.has_finalizer:
            return
        metadata = policy.manifest["metadata"]
        with suppress(DependencyMissingError):  # its cluster is registered no more
            await self._homes.run(
                policy,
                lambda client: take_off_finalizer(
                    client, POLICIES, metadata, field_manager=FIELD_MANAGER
                ),
            )
