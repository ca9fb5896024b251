"""Understanding what policies ask for, beside all others, and how far their roots are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial

from roottrust.domain.acceptance import check_agents_ca, find_ca_reference
from roottrust.domain.errors import RootTrustError
from roottrust.domain.issuance import read_agent_options
from roottrust.domain.precedence import settle
from roottrust.domain.rotation.course import Course, follow_course
from roottrust.domain.target import VaultTarget
from roottrust.domain.vault_keys import tell_keys
from roottrust.hub.claim_book import ClaimBook
from roottrust.hub.key_book import KeyBook
from roottrust.hub.policy_acceptance import Acceptance
from roottrust.hub.policy_homes import PolicyHomes
from roottrust.hub.policy_object import PolicyObject
from roottrust.hub.policy_reader import Demand, PolicyReader
from roottrust.hub.rotation_work import Rotations
from roottrust.hub.vault_server import VaultServers
from roottrust.kube.client import KubeClient
from roottrust.kube.secrets import read_secret_key


class PolicyAcceptor:
    """Accepts policies, or says why not; `client` reads the CAs that they name."""

    def __init__(
        self,
        *,
        client: KubeClient,
        homes: PolicyHomes,
        servers: VaultServers,
        reader: PolicyReader,
        claims: ClaimBook,
        keys: KeyBook,
        rotations: Rotations,
    ) -> None:
        self._client = client
        self._homes = homes
        self._servers = servers
        self._reader = reader
        self._claims = claims
        self._keys = keys
        self._rotations = rotations

    async def accept(self, policy: PolicyObject) -> Acceptance:
        """Return what a policy asks for; raises RootTrustError when it cannot be accepted."""
        demand, failure = await self._read(policy)
        options = read_agent_options(demand.spec, ca_pem=await self._read_agents_ca(policy, demand))
        target = self._settle(policy, demand)
        course = None
        if failure is None:
            try:
                course = await self._find_course(demand, target)
            except RootTrustError as error:
                failure = error
        if course is not None:
            is_owner = course.owner.full_name == policy.identity.full_name
            target = follow_course(target, course, is_owner=is_owner)
        return Acceptance(
            demand=demand, target=target, options=options, course=course, failure=failure
        )

    def list_accepted(self) -> Iterator[tuple[PolicyObject, Demand]]:
        """Return the policies that can be accepted and are not being deleted."""
        for key in sorted(self._homes.list_keys()):
            policy = self._homes.read(key)
            if policy is not None and not policy.is_deleted:
                with suppress(RootTrustError):
                    yield policy, self._reader.read(policy)

    async def _read(self, policy: PolicyObject) -> tuple[Demand, RootTrustError | None]:
        """Return what a policy asks for, and why nobody can be asked for it if the login fails.

        It is read again after the login, which tells what else is reserved.
        """
        demand = self._reader.read(policy)
        try:
            if await self._servers.log_in(demand.claim.target.server):
                self._claims.outdate_all()
        except RootTrustError as error:
            return demand, error
        return self._reader.read(policy), None

    def _settle(self, policy: PolicyObject, demand: Demand) -> VaultTarget:
        """Return what is left of a target beside the other policies, with all warnings."""
        target = settle(demand.claim, self._claims.list_beside(demand.claim))
        told = policy.status.warnings if policy.status else ()
        counts = self._keys.find(policy.identity, target)
        return replace(target, warnings=tell_keys(target.warnings, counts, before=told))

    async def _find_course(self, demand: Demand, target: VaultTarget) -> Course | None:
        get_server = partial(self._servers.get, target.server, target.namespace)
        return await self._rotations.find_course(demand.claim, get_server)

    async def _read_agents_ca(self, policy: PolicyObject, demand: Demand) -> str | None:
        """Return the CA of Vault, which agents are given inline: they cannot read the Secret.

        A policy that names none gets the operator's own for that server.
        """
        reference = find_ca_reference(policy.identity, demand.spec)
        if reference is None:
            given = demand.spec.config.agent_ca.vault.ca_bundle
            return given or self._servers.get_ca(demand.claim.target.server)
        secret = await read_secret_key(
            self._client,
            namespace=policy.identity.namespace,
            name=reference.name,
            key=reference.key,
        )
        pem = secret.get_secret_value()
        check_agents_ca(pem)
        return pem
