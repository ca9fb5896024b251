"""The part of Vault that an accepted policy asks for: looked at, or brought to what it asks for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from roottrust.api.choices import ManagementMode
from roottrust.domain.facts import Unread
from roottrust.domain.imported_root import ImportedRoot
from roottrust.domain.ownership import Claimant
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.target import VaultTarget
from roottrust.hub.cluster_registry import ClusterRegistry
from roottrust.hub.policy_acceptance import Acceptance
from roottrust.hub.policy_homes import PolicyHomes
from roottrust.hub.policy_object import PolicyObject
from roottrust.hub.reviewer_book import ReviewerBook
from roottrust.hub.root_secret import read_root_secret
from roottrust.hub.vault_server import VaultServers
from roottrust.hub.vault_work import VaultWork, observe_snapshot, work_on_vault
from roottrust.kube.client import KubeClient


class PolicyVault:
    """Vault for policies, with what Kubernetes has to give for it: Secrets and tokens."""

    def __init__(
        self,
        *,
        hub: str,
        client: KubeClient,
        homes: PolicyHomes,
        clusters: ClusterRegistry,
        servers: VaultServers,
        now: Callable[[], datetime],
    ) -> None:
        self._hub = hub
        self._client = client
        self._homes = homes
        self._clusters = clusters
        self._servers = servers
        self._now = now

    async def observe(self, policy: PolicyObject, accepted: Acceptance) -> Snapshot:
        """Return what `work_on` would plan from, and write nothing; raises RootTrustError."""
        if accepted.failure is not None:
            raise accepted.failure
        target = accepted.target
        return await observe_snapshot(
            self._servers.get(target.server, target.namespace),
            target,
            claimant=self.build_claimant(policy, target),
            known_root=_find_known_root(policy, accepted),
            root_secret=await self._read_root_secret(target),
            reviewer_tokens=policy.find_reviewer_tokens(target),
            now=self._now,
        )

    async def work_on(self, policy: PolicyObject, accepted: Acceptance) -> VaultWork:
        """Bring it to what is asked for, or only look in mode Observe; raises RootTrustError."""
        target = accepted.target
        return await work_on_vault(
            self._servers.get(target.server, target.namespace),
            target,
            claimant=self.build_claimant(policy, target),
            known_root=_find_known_root(policy, accepted),
            root_secret=await self._read_root_secret(target),
            reviewers=ReviewerBook(
                policy.find_reviewer_tokens(target), issue=self._clusters.issue_reviewer_token
            ),
            writes=accepted.demand.spec.management.mode is ManagementMode.MANAGE,
            now=self._now,
        )

    def build_claimant(self, policy: PolicyObject, target: VaultTarget) -> Claimant:
        """Return as whom a policy owns what is made for it."""
        return Claimant(
            hub=self._hub,
            policy=policy.identity,
            adopts=policy.adopts,
            created=policy.find_created_paths(target),
            existing=self._homes,
        )

    async def _read_root_secret(self, target: VaultTarget) -> ImportedRoot | Unread | None:
        """Return what an import has to give: the root in use, or the one to take its place."""
        return await read_root_secret(
            self._client, target.rotation.next if target.rotation else target.root
        )


def _find_known_root(policy: PolicyObject, accepted: Acceptance) -> str | None:
    """Return the fingerprint of the root in use; a rotation says which one that is by now."""
    course = accepted.course
    return policy.find_known_root(accepted.target, rotated=course.root if course else None)
