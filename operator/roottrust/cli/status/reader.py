"""Reading what the management cluster tells of trust, as often as it is asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from roottrust.cli.denied import tell_person
from roottrust.cli.policy_choice import Manifest, choose_policies
from roottrust.cli.status.found import FoundObjects
from roottrust.domain.errors import AccessDeniedError, DependencyMissingError, RootTrustError
from roottrust.http.guard import refuse_writes
from roottrust.hub.kinds import ISSUED_CERTIFICATES, MESHES, POLICIES
from roottrust.kube.access import load_access
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import LEASES, ResourceKind
from roottrust.runtime.leadership import HUB_LEASE

Tell = Callable[[str], None]

RIGHTS = "deploy/status/"

_LOST = {
    MESHES: "so what clusters report is not shown",
    ISSUED_CERTIFICATES: "so istiods are shown by their number alone",
    LEASES: "so whether an operator works is not shown",
}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which policies are meant, of which cluster, and where the operator is in it."""

    name: str | None = None
    namespace: str | None = None
    operator_namespace: str
    kubeconfig: Path | None = None
    context: str | None = None


class StatusReader:
    """Reads over a client of its own; what may not be read is told once, and left out."""

    def __init__(self, client: KubeClient, choice: Choice, *, tell: Tell) -> None:
        self._client = client
        self._choice = choice
        self._tell = tell
        self._told: set[str] = set()

    async def read(self) -> FoundObjects:
        """Return the objects as they are now; raises RootTrustError without a policy to show."""
        choice = self._choice
        policies = choose_policies(
            await self._list_policies(), name=choice.name, namespace=choice.namespace
        )
        return FoundObjects(
            home=choice.operator_namespace,
            policies=policies,
            meshes=await self._list_if_allowed(MESHES),
            certificates=await self._list_if_allowed(ISSUED_CERTIFICATES),
            lease=await self._read_lease(),
        )

    async def _list_policies(self) -> tuple[Manifest, ...]:
        try:
            return await self._client.list(POLICIES, namespace=self._choice.namespace)
        except AccessDeniedError as error:
            raise tell_person(error, rights=RIGHTS) from None
        except DependencyMissingError as error:
            raise DependencyMissingError(
                f"{self._client.server} does not know RootTrustPolicies: see by --context whether "
                "this is the management cluster, and apply crds/ there.",
                reason=error.reason,
            ) from None

    async def _list_if_allowed(self, kind: ResourceKind) -> tuple[Manifest, ...]:
        try:
            return await self._client.list(kind)
        except AccessDeniedError as error:
            self._tell_once(kind, tell_person(error, rights=RIGHTS))
        except DependencyMissingError as error:
            self._tell_once(kind, error)
        return ()

    async def _read_lease(self) -> Manifest | None:
        home = self._choice.operator_namespace
        try:
            return await self._client.get(LEASES, name=HUB_LEASE, namespace=home)
        except AccessDeniedError as error:
            self._tell_once(LEASES, tell_person(error, rights=RIGHTS))
        except DependencyMissingError:
            pass  # there is no such namespace, as where only a hub of another cluster writes
        return None

    def _tell_once(self, kind: ResourceKind, error: RootTrustError) -> None:
        note = f"{kind.kind} objects cannot be read, {_LOST[kind]}. {error.message}"
        if note not in self._told:
            self._told.add(note)
            self._tell(note)


@asynccontextmanager
async def open_reader(choice: Choice, *, tell: Tell) -> AsyncIterator[StatusReader]:
    """Give a reader that cannot write; raises DependencyMissingError."""
    access = await load_access(kubeconfig=choice.kubeconfig, context=choice.context)
    client = KubeClient(access, guard=refuse_writes)
    try:
        yield StatusReader(client, choice, tell=tell)
    finally:
        await client.close()
