"""The Lease that says which hub leads, read and written as one record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from roottrust.kube.client import KubeClient
from roottrust.kube.kind import LEASES
from roottrust.runtime.clock import get_now

FIELD_MANAGER = "roottrust-operator"


@dataclass(frozen=True, kw_only=True)
class Lease:
    """What was seen of it; two are equal when nobody has renewed it in between."""

    holder: str
    seconds: float
    acquired: str
    renewed: str
    transitions: int
    version: str = field(compare=False)


class LeaseLock:
    """One Lease and one candidate; whoever writes second gets a ConflictError."""

    def __init__(
        self,
        client: KubeClient,
        *,
        namespace: str,
        name: str,
        identity: str,
        seconds: int,
        now: Callable[[], datetime] = get_now,
    ) -> None:
        self._client = client
        self._place = {"namespace": namespace, "name": name}
        self._seconds = seconds
        self._now = now
        self.identity = identity

    def __str__(self) -> str:
        return f"{self._place['namespace']}/{self._place['name']}"

    async def read(self) -> Lease | None:
        """Return it as it is now, None if there is none."""
        found = await self._client.get(LEASES, **self._place)
        return None if found is None else self._parse(found)

    async def take(self, known: Lease | None) -> Lease:
        """Acquire or renew it, unless it is no longer as it is known; None is for there is none."""
        moment = self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        is_renewal = known is not None and known.holder == self.identity
        transitions = known.transitions if known else 0
        spec = {
            "holderIdentity": self.identity,
            "leaseDurationSeconds": self._seconds,
            "acquireTime": known.acquired if known and is_renewal else moment,
            "renewTime": moment,
            "leaseTransitions": transitions if is_renewal else transitions + 1,
        }
        if known is not None:
            return self._parse(await self._patch(known, path="/spec", value=spec))
        manifest = {"metadata": self._place, "spec": spec}
        return self._parse(await self._client.create(LEASES, manifest, field_manager=FIELD_MANAGER))

    async def release(self, known: Lease) -> None:
        """Leave it without a holder, so that another need not wait for its end."""
        await self._patch(known, path="/spec/holderIdentity", value="")

    async def _patch(self, known: Lease, *, path: str, value: Any) -> dict[str, Any]:
        """Change the very version that is known, or nothing."""
        return await self._client.patch_json(
            LEASES,
            [
                {"op": "test", "path": "/metadata/resourceVersion", "value": known.version},
                {"op": "add", "path": path, "value": value},
            ],
            field_manager=FIELD_MANAGER,
            **self._place,
        )

    def _parse(self, found: Mapping[str, Any]) -> Lease:
        spec = found.get("spec") or {}
        return Lease(
            holder=str(spec.get("holderIdentity") or ""),
            seconds=float(spec.get("leaseDurationSeconds") or self._seconds),
            acquired=str(spec.get("acquireTime") or ""),
            renewed=str(spec.get("renewTime") or ""),
            transitions=int(spec.get("leaseTransitions") or 0),
            version=str(found["metadata"]["resourceVersion"]),
        )
