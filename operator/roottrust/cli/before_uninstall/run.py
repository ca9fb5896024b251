"""Letting policies go before the operator is uninstalled: afterwards nobody else would."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from roottrust.cli.policy_choice import get_full_name
from roottrust.domain.errors import ConflictError, DependencyMissingError
from roottrust.hub.kinds import POLICIES
from roottrust.kube.client import KubeClient
from roottrust.kube.finalizer_removal import has_finalizer, take_off_finalizer
from roottrust.kube.kind import DEPLOYMENTS, PODS
from roottrust.runtime.settings_cluster import SELECTOR

FIELD_MANAGER = "roottrust-before-uninstall"
DEPLOYMENT = "roottrust-hub"
# What a pod is given to end, and as long again.
STOP_SECONDS = 60.0
LOOK_SECONDS = 2.0

Manifest = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Departure:
    """The operator's end in one cluster, in the order in which nothing of it is undone."""

    client: KubeClient
    namespace: str
    patience_seconds: float
    tell: Callable[[str], None]
    sleep: Callable[[float], Awaitable[None]]
    now: Callable[[], float]

    async def prepare(self) -> None:
        """Wait for deletions under way, stop the operator, and let policies go.

        An operator that runs would take them in again. Doing it again does no harm. Raises
        RootTrustError.
        """
        deployment = await self.client.get(DEPLOYMENTS, name=DEPLOYMENT, namespace=self.namespace)
        if deployment is None:
            self.tell(f"There is no Deployment {DEPLOYMENT} in {self.namespace}: nothing to stop.")
        else:
            if (deployment.get("status") or {}).get("readyReplicas"):
                await self._wait_for_deletions()
            await self._stop()
        for policy in await self._list_held():
            await self._let_go(policy)

    async def _wait_for_deletions(self) -> None:
        """Give the operator its time with policies that somebody has deleted."""
        leaving = await self._list_leaving()
        if leaving:
            names = ", ".join(map(get_full_name, leaving))
            self.tell(f"Waiting up to {self.patience_seconds:g} s for the deletion of {names}.")
        await self._wait_until_none(self._list_leaving, seconds=self.patience_seconds)

    async def _stop(self) -> None:
        replicas = {"op": "replace", "path": "/spec/replicas", "value": 0}
        place = {"name": DEPLOYMENT, "namespace": self.namespace}
        with suppress(DependencyMissingError):  # it has gone meanwhile
            await self.client.patch_json(
                DEPLOYMENTS, [replicas], **place, field_manager=FIELD_MANAGER
            )
        if await self._wait_until_none(self._list_pods, seconds=STOP_SECONDS):
            self.tell("The operator is stopped.")
        else:
            self.tell("Some pod of the operator does not end, as on a node that is away.")

    async def _let_go(self, policy: Manifest) -> None:
        metadata = policy["metadata"]
        await take_off_finalizer(self.client, POLICIES, metadata, field_manager=FIELD_MANAGER)
        self.tell(
            f"RootTrustPolicy {get_full_name(policy)} has deletionPolicy Delete, which nobody "
            "carries out without an operator: what was made for it in Vault stays there."
        )

    async def _wait_until_none(
        self, look: Callable[[], Awaitable[tuple[Manifest, ...]]], *, seconds: float
    ) -> bool:
        deadline = self.now() + seconds
        while await look():
            if self.now() >= deadline:
                return False
            await self.sleep(LOOK_SECONDS)
        return True

    async def _list_pods(self) -> tuple[Manifest, ...]:
        return await self.client.list(PODS, namespace=self.namespace, label_selector=SELECTOR)

    async def _list_held(self) -> tuple[Manifest, ...]:
        try:
            found = await self.client.list(POLICIES)
        except DependencyMissingError:
            return ()  # the kinds are gone, and with them all policies
        return tuple(each for each in found if has_finalizer(each["metadata"]))

    async def _list_leaving(self) -> tuple[Manifest, ...]:
        held = await self._list_held()
        return tuple(each for each in held if each["metadata"].get("deletionTimestamp"))


async def prepare_with_retries(departure: Departure, *, attempts: int = 3) -> None:
    """Prepare, and again where somebody edited a policy at the same moment."""
    for _ in range(attempts - 1):
        with suppress(ConflictError):
            await departure.prepare()
            return
    await departure.prepare()
