"""A root's mount of a test's own, and the hub's work on it with no more than its shipped rights."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretBytes

from roottrust.api.choices import KeyType, RootSource
from roottrust.api.rotation_status import RotationRoot
from roottrust.domain.certificate import Certificate, parse_certificate
from roottrust.domain.imported_root import ImportedRoot, read_imported_root
from roottrust.domain.ownership import Claimant
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.rotation.next_root import NextRootPlan
from roottrust.domain.rotation.vault_target import RotationPhase, RotationTarget
from roottrust.domain.target import IntermediateOptions, RootTarget, VaultTarget
from roottrust.hub.reviewer_book import ReviewerBook
from roottrust.hub.vault_server import VaultServer
from roottrust.hub.vault_work import VaultWork, work_on_vault
from roottrust.vault.client import VaultClient
from testbed import Vault
from tests.integration.hub.root import Root
from tests.integration.vault_calls import Ask, read, write

SECRET = "gloo-mesh/root-ca"
_POLICY = PolicyIdentity(namespace="gloo-mesh", name="mine", uid="uid-1")


@dataclass
class TwoRoots:
    """One mount, who administers it, and a hub that works on it."""

    vault: Vault
    admin: Ask
    client: VaultClient
    mount: str
    source: RootSource
    secret: ImportedRoot | None = None
    adopts: bool = False
    previous: RotationRoot | None = None
    server: VaultServer = field(init=False)

    def __post_init__(self) -> None:
        self.server = VaultServer(self.client, probe=None)  # type: ignore[arg-type]

    @property
    def root(self) -> RootTarget:
        """What the policy asks for."""
        is_named = self.source is not RootSource.EXISTING
        return RootTarget(
            mount=self.mount,
            issuer="roottrust-g1" if is_named else None,
            source=self.source,
            common_name="Istio root CA",
            ttl_days=3000,
            key_type=KeyType.ECDSA_P256,
            secret=SECRET if self.source is RootSource.IMPORT else None,
        )

    async def settle(self) -> Certificate:
        """Have the root in use made or found, and return it."""
        work = await self._work(self._build_target(self.root))
        assert work.plan is not None
        usable = work.plan.root.usable
        assert usable is not None, work.plan.root.fault
        self.previous = RotationRoot(
            issuer=usable.issuer_id, fingerprint=usable.certificate.fingerprint
        )
        return usable.certificate

    async def rotate(
        self, phase: RotationPhase, *, default: str | None = None, **wish: Any
    ) -> NextRootPlan:
        """Work on a rotation until nothing is left to be written."""
        work = await self._work(self.build_rotating(phase, default=default, **wish))
        assert work.plan is not None
        assert not work.refused, work.refused
        assert work.plan.next_root is not None
        return work.plan.next_root

    def build_rotating(
        self, phase: RotationPhase, *, default: str | None = None, **wish: Any
    ) -> VaultTarget:
        """Return what a policy asks for while its root is rotated."""
        assert self.previous is not None
        rotation = RotationTarget(
            generation=2,
            next=replace(self.root, **{"ttl_days": 5000, **wish}),
            previous=self.previous,
            phase=phase,
            default_issuer=self.previous.issuer if default is None else default,
        )
        root = replace(self.root, issuer=self.previous.issuer)
        return replace(self._build_target(root), rotation=rotation)

    async def cross_sign(self, following: str) -> str:
        """Have the root in use sign another one."""
        assert self.previous is not None
        return await self.server.cross_sign(self.mount, self.previous.issuer, following)

    def read_issuer(self, issuer: str) -> dict[str, Any]:
        """Return what Vault tells of an issuer."""
        return read(self.admin, f"{self.mount}/issuer/{issuer}") or {}

    def read_default(self) -> str:
        """Return the id of the default issuer."""
        return str((read(self.admin, f"{self.mount}/config/issuers") or {})["default"])

    def sign(self, csr: str, *, issuer: str) -> str:
        """Have an issuer sign an intermediate as an agent does; raises AssertionError."""
        wanted = {"csr": csr, "common_name": "int", "ttl": "24h", "max_path_length": "0"}
        path = f"{self.mount}/issuer/{issuer}/sign-intermediate"
        return str(write(self.admin, path, wanted)["certificate"]) + "\n"

    def type(self, command: str) -> None:
        """Type a command that a message gives, with the server's own client."""
        words = command.split()
        assert words[0] == "vault"
        environment = {
            **os.environ,
            "VAULT_ADDR": self.vault.address,
            "VAULT_CACERT": str(self.vault.ca_file),
            "VAULT_TOKEN": self.vault.root_token,
            # As for the server: one of its libraries has such a certificate in it.
            "GODEBUG": "x509negativeserial=1",
        }
        command_line = [str(self.vault.binary), *words[1:]]
        done = subprocess.run(
            command_line, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def _build_target(self, root: RootTarget) -> VaultTarget:
        return VaultTarget(
            server=self.vault.address,
            namespace=None,
            root=root,
            intermediate=IntermediateOptions(
                ttl_days=365, key_type=KeyType.ECDSA_P256, organization=None
            ),
            unnamed_ca_path=None,
            clusters=(),
            warnings=(),
        )

    async def _work(self, target: VaultTarget) -> VaultWork:
        self.server.forget()
        return await work_on_vault(
            self.server,
            target,
            claimant=Claimant(hub="hub1", policy=_POLICY, adopts=self.adopts),
            known_root=self.previous.fingerprint if self.previous else None,
            root_secret=self.secret,
            reviewers=ReviewerBook({}, issue=_refuse),
            writes=True,
            now=lambda: datetime.now(UTC),
        )


async def _refuse(cluster: str) -> Any:
    raise AssertionError(f"no token is asked for in {cluster}")


def read_secret(root: Root) -> ImportedRoot:
    """Return what a Secret with a root's files holds."""
    certificate, key = root.certificate.read_bytes(), root.key.read_bytes()
    return read_imported_root(SecretBytes(certificate), SecretBytes(key), secret=SECRET)


def read_file(path: Path) -> Certificate:
    """Read a certificate."""
    return parse_certificate(path.read_text())
