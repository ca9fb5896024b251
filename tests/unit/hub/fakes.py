"""What the hub talks to, in memory: a Vault, its servers, an API server, a registry of clusters."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from pydantic import SecretStr

from roottrust.api.mesh import MeshStatus
from roottrust.domain.action import Action, Verb
from roottrust.domain.deletion_plan import DeletionFacts
from roottrust.domain.deletion_scope import DeletionScope
from roottrust.domain.errors import ConflictError, RootTrustError
from roottrust.domain.facts import Unread, VaultFacts
from roottrust.domain.issuance import CertificateKey
from roottrust.domain.issuance_plan import CertificateAction, read_owner
from roottrust.domain.known import KnownCluster
from roottrust.domain.reasons import Reason
from roottrust.domain.restart_directive import DirectiveAction
from roottrust.domain.reviewer import ReviewerToken
from roottrust.domain.server_terms import ServerTerms
from roottrust.domain.target import MeshTarget, VaultTarget
from roottrust.hub.kinds import POLICIES
from roottrust.kube.kind import SECRETS, ResourceKind
from roottrust.kube.reviewer_token import IssuedToken
from roottrust.runtime.store import ObjectKey, build_key
from tests.unit.domain.certificates import NOW
from tests.unit.domain.deletions import NOTHING, remove
from tests.unit.domain.samples import (
    ADDRESS,
    EMPTY_FACTS,
    IDENTITY,
    TERMS,
    build_known,
    build_manifest_spec,
)
from tests.unit.domain.vault_model import apply


@dataclass
class FakeServer:
    """A Vault that does what the model says; failures are raised once asked for."""

    facts: VaultFacts = EMPTY_FACTS
    target: VaultTarget | None = None
    now: datetime = NOW
    down: RootTrustError | None = None
    sick: RootTrustError | None = None
    unobservable: RootTrustError | None = None
    unread: dict[str, RootTrustError] = field(default_factory=dict)
    refused: dict[str, RootTrustError] = field(default_factory=dict)
    drops_writes: bool = False
    hangs: bool = False
    deletion: DeletionFacts = NOTHING
    observed: int = 0
    probed: int = 0
    forgotten: int = 0
    asked: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    secrets: dict[str, SecretStr] = field(default_factory=dict)

    async def observe(self, target: VaultTarget) -> VaultFacts:
        self.observed += 1
        self.target = target
        if self.down is not None:
            raise self.down
        if self.unobservable is not None:
            raise self.unobservable
        unread = {name: Unread(error=error) for name, error in self.unread.items()}
        return replace(self.facts, clusters={**self.facts.clusters, **unread})

    async def probe(self) -> None:
        self.probed += 1
        hindrance = self.down or self.sick
        if hindrance is not None:
            raise hindrance

    def forget(self) -> None:
        self.forgotten += 1

    async def observe_deletion(self, scope: DeletionScope) -> DeletionFacts:
        assert scope.policy.namespace == IDENTITY.namespace
        self.observed += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.down is not None:
            raise self.down
        return self.deletion

    async def apply(self, action: Action) -> None:
        self.asked.append(str(action))
        if action.wanted.path in self.refused:
            raise self.refused[action.wanted.path]
        if self.drops_writes:
            return
        if action.verb is Verb.DELETE:
            self.deletion = remove(self.deletion, action)
            self.written.append(str(action))
            return
        assert self.target is not None
        self.facts = apply(self.facts, action, target=self.target, now=self.now)
        self.written.append(str(action))
        self.secrets.update(action.wanted.secrets)


@dataclass
class FakeServers:
    """The servers of the configuration: one."""

    server: FakeServer = field(default_factory=FakeServer)
    terms: Mapping[str, ServerTerms] = field(default_factory=lambda: {ADDRESS: TERMS})
    refusal: RootTrustError | None = None
    own_policies: frozenset[str] = frozenset()
    ca_pem: str | None = None

    def get_ca(self, address: str) -> str | None:
        assert address in self.terms
        return self.ca_pem

    async def log_in(self, address: str) -> bool:
        if self.refusal is not None:
            raise self.refusal
        if self.server.down is not None:
            raise self.server.down
        terms = self.terms[address]
        reserved = terms.reserved_roles | self.own_policies
        self.terms = {address: replace(terms, reserved_roles=reserved)}
        return reserved != terms.reserved_roles

    def get(self, address: str, namespace: str | None) -> FakeServer:
        assert address in self.terms
        assert namespace == self.terms[address].namespace
        if self.refusal is not None:
            raise self.refusal
        return self.server


@dataclass
class FakeKube:
    """An API server that has Secrets and takes statuses."""

    secrets: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    applied: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    failure: RootTrustError | None = None
    finalizers: list[str] | None = None

    async def get(
        self, kind: ResourceKind, *, name: str, namespace: str | None = None
    ) -> dict[str, Any] | None:
        assert kind == SECRETS
        self.asked.append((str(namespace), name))
        if self.failure is not None:
            raise self.failure
        data = self.secrets.get((str(namespace), name))
        if data is None:
            return None
        return {"data": {key: base64.b64encode(text.encode()) for key, text in data.items()}}

    async def apply(
        self,
        kind: ResourceKind,
        manifest: dict[str, Any],
        *,
        field_manager: str,
        subresource: str = "",
    ) -> dict[str, Any]:
        assert kind == POLICIES
        if self.failure is not None:
            raise self.failure
        if subresource == "":
            assert field_manager == "roottrust-hub-finalizer"
            self.finalizers = list(manifest["metadata"]["finalizers"])
            return manifest
        assert (field_manager, subresource) == ("roottrust-hub-policy", "status")
        self.applied.append(manifest)
        return manifest

    async def patch_json(
        self,
        kind: ResourceKind,
        operations: list[dict[str, Any]],
        *,
        name: str,
        namespace: str,
        field_manager: str,
    ) -> dict[str, Any]:
        assert (kind, namespace, name) == (POLICIES, IDENTITY.namespace, IDENTITY.name)
        assert field_manager == "roottrust-hub-finalizer"
        if self.failure is not None:
            raise self.failure
        uid, value, removal = operations
        assert (uid["op"], uid["path"], value["op"], removal["op"]) == (
            "test",
            "/metadata/uid",
            "test",
            "remove",
        )
        index = int(removal["path"].removeprefix("/metadata/finalizers/"))
        assert self.finalizers is not None
        if self.finalizers[index : index + 1] != [value["value"]]:
            raise ConflictError("patch met another writer.", reason=Reason.CONFLICT)
        del self.finalizers[index]
        return {}


@dataclass
class FakeHome:
    """Policies in a registered cluster."""

    cluster: str
    homes: FakeHomes
    found: dict[ObjectKey, dict[str, Any]] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        return self.homes.is_complete

    def keys(self) -> frozenset[ObjectKey]:
        return frozenset(self.found)

    def get(self, key: ObjectKey) -> dict[str, Any] | None:
        return self.found.get(key)

    def take_over(self, found: Mapping[str, Any]) -> None:
        self.found[replace(build_key(POLICIES, found), cluster=self.cluster)] = dict(found)

    async def run(self, call: Callable[[Any], Any]) -> Any:
        if self.homes.failure is not None:
            raise self.homes.failure
        return await call(self.homes.kube)


@dataclass
class FakeHomes:
    """Registered clusters whose policies count, behind one API server."""

    kube: FakeKube = field(default_factory=FakeKube)
    is_complete: bool = True
    failure: RootTrustError | None = None
    homes: dict[str, FakeHome] = field(default_factory=dict)

    def put(self, cluster: str, manifest: dict[str, Any]) -> None:
        """Have a policy in a cluster."""
        self.homes.setdefault(cluster, FakeHome(cluster, self)).take_over(manifest)

    def find_home(self, cluster: str) -> FakeHome | None:
        return self.homes.get(cluster)

    def list_homes(self) -> Iterator[FakeHome]:
        return iter(self.homes.values())


@dataclass
class FakeEvents:
    """Events that were posted."""

    posted: list[tuple[str, str, str]] = field(default_factory=list)

    async def post_event(
        self, involved: Mapping[str, Any], *, type_: str, reason: str, message: str
    ) -> None:
        assert involved["metadata"]["name"]
        self.posted.append((type_, str(reason), message))

    @property
    def reasons(self) -> list[str]:
        return [reason for _, reason, _ in self.posted]


REVIEWER_LIFE = timedelta(hours=24)


@dataclass
class FakeObjects:
    """The objects of one of the registry's clusters."""

    registry: FakeRegistry
    cluster: str

    @property
    def is_complete(self) -> bool:
        return self.registry.is_complete

    def find_certificate(self, namespace: str, name: str) -> dict[str, Any] | None:
        key = CertificateKey(cluster=self.cluster, namespace=namespace, name=name)
        return self.registry.found.get(key)

    def list_certificates(self) -> tuple[dict[str, Any], ...]:
        found = self.registry.found.items()
        return tuple(each for key, each in found if key.cluster == self.cluster)

    def find_report(self, mesh: MeshTarget) -> MeshStatus | None:
        key = CertificateKey(cluster=self.cluster, namespace=mesh.namespace, name=mesh.name)
        return self.registry.reports.get(key)

    async def report(self, found: Mapping[str, Any], status: Mapping[str, Any]) -> None:
        metadata = found["metadata"]
        key = CertificateKey(
            cluster=self.cluster, namespace=metadata["namespace"], name=metadata["name"]
        )
        if key in self.registry.refused:
            raise self.registry.refused[key]
        self.registry.told.append(dict(status))
        known = self.registry.found[key]
        self.registry.found[key] = {**known, "status": {**known.get("status", {}), **status}}

    async def create(self, action: DirectiveAction) -> None:
        if self.registry.not_restarted is not None:
            raise self.registry.not_restarted
        self.registry.created.append(action)

    async def apply(self, action: CertificateAction) -> None:
        if action.key in self.registry.refused:
            raise self.registry.refused[action.key]
        self.registry.applied.append(action)
        if action.verb is Verb.DELETE:
            del self.registry.found[action.key]
            return
        known = self.registry.found.get(action.key, {})
        metadata = {**known.get("metadata", {}), **action.manifest["metadata"]}
        self.registry.found[action.key] = {**known, **action.manifest, "metadata": metadata}


@dataclass
class FakeRegistry:
    """Clusters that the hub serves."""

    clusters: tuple[KnownCluster, ...] = (build_known(),)
    now: Callable[[], datetime] = lambda: NOW
    asked: list[str] = field(default_factory=list)
    refusal: RootTrustError | None = None

    found: dict[CertificateKey, dict[str, Any]] = field(default_factory=dict)
    applied: list[CertificateAction] = field(default_factory=list)
    created: list[DirectiveAction] = field(default_factory=list)
    not_restarted: RootTrustError | None = None
    refused: dict[CertificateKey, RootTrustError] = field(default_factory=dict)
    reports: dict[CertificateKey, MeshStatus] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)
    is_complete: bool = True
    others: tuple[dict[str, Any], ...] = ()
    unlisted: RootTrustError | None = None

    async def list_certificates(
        self, *, cluster: str = ""
    ) -> dict[str, tuple[dict[str, Any], ...]]:
        if self.unlisted is not None:
            raise self.unlisted
        found = {"cluster1": self.others} if self.others and not cluster else {}
        for key, each in self.found.items():
            if cluster in {"", key.cluster}:
                found[key.cluster] = (*found.get(key.cluster, ()), each)
        return found

    def list_clusters(self) -> tuple[KnownCluster, ...]:
        return self.clusters

    def get_objects(self, cluster: str) -> FakeObjects | None:
        is_known = any(each.name == cluster for each in self.clusters)
        return FakeObjects(registry=self, cluster=cluster) if is_known else None

    def find_owned(self, policy: str) -> dict[CertificateKey, dict[str, Any]]:
        marks = {key: read_owner(each) for key, each in self.found.items()}
        return {
            key: self.found[key]
            for key, mark in marks.items()
            if mark is not None and mark.policy.full_name == policy
        }

    async def refresh(self) -> bool:
        return False

    async def issue_reviewer_token(self, cluster: str) -> IssuedToken:
        self.asked.append(cluster)
        if self.refusal is not None:
            raise self.refusal
        return IssuedToken(
            token=SecretStr(f"token-{len(self.asked)}"),
            known=ReviewerToken(
                issued_at=self.now(),
                expires_at=self.now() + REVIEWER_LIFE,
                account_uid="uid-reviewer",
                key_id="key-1",
            ),
        )


def build_manifest(
    *,
    metadata: dict[str, Any] | None = None,
    status: dict[str, Any] | None = None,
    spec: Any = None,
) -> dict[str, Any]:
    """Return a policy as the API server has it."""
    found: dict[str, Any] = {
        "apiVersion": POLICIES.api_version,
        "kind": POLICIES.kind,
        "metadata": {
            "namespace": IDENTITY.namespace,
            "name": IDENTITY.name,
            "uid": IDENTITY.uid,
            "generation": 1,
            "resourceVersion": "1",
            **(metadata or {}),
        },
        "spec": build_manifest_spec() if spec is None else spec,
    }
    return found if status is None else {**found, "status": status}


def fake(value: Any) -> Any:
    """Return a fake where the real thing is asked for."""
    return cast("Any", value)
