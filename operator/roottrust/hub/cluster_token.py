"""The hub's own token in a registered cluster: what it may do there, and that it does not end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial

from roottrust.domain.cluster_registration import Registration
from roottrust.hub.cluster_calls import ClusterCalls
from roottrust.hub.cluster_health import ClusterHealth
from roottrust.hub.registration_secret import RegistrationSecret
from roottrust.hub.rights_check import RightsCheck
from roottrust.hub.token_renewal import TokenRenewal
from roottrust.kube.access import KubeAccess
from roottrust.kube.client import KubeClient
from roottrust.runtime.clock import Timer


class ClusterToken:
    """Checks its rights and renews it; `home` is where its Secret lies, which `local` writes."""

    def __init__(
        self,
        registration: Callable[[], Registration],
        *,
        home: str,
        local: KubeClient,
        access: KubeAccess,
        client: KubeClient,
        calls: ClusterCalls,
        health: ClusterHealth,
        share: float,
        now: Callable[[], datetime],
        timer: Timer,
    ) -> None:
        self._rights = RightsCheck(
            access,
            secret=lambda: registration().secret,
            cluster=registration().name,
            on_state=partial(health.tell, "rights"),
            timer=timer,
        )
        self._renewal = TokenRenewal(
            RegistrationSecret(local, namespace=home, registration=registration),
            client=client,
            calls=calls,
            share=share,
            now=now,
            timer=timer,
            on_warning=partial(health.warn, "token"),
        )

    async def run(self) -> None:
        """Look after it until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._rights.run())
            group.create_task(self._renewal.run())

    def look_again(self) -> None:
        """Look at it now: it is another one."""
        self._rights.check_again()
        self._renewal.look_again()

    async def close(self) -> None:
        """Close the connections."""
        await self._rights.close()
