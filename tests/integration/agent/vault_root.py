"""A root in a real Vault and what it signs, asked as its administrator: no login, no policy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from pydantic import SecretStr

from roottrust.api.choices import KeyType
from roottrust.api.issued_certificate import CertOptions
from roottrust.domain.ca_chain import build_files
from roottrust.domain.ca_files import CaFiles
from roottrust.domain.ca_key import build_request, make_key, render_key
from roottrust.domain.certificate import parse_certificate
from roottrust.domain.intermediate_request import build_key_request, build_sign_request
from tests.integration.vault_calls import Ask, write

COMMON_NAME = "roottrust istiod CA cluster1"
TTL_DAYS = 30


@dataclass(frozen=True)
class VaultRoot:
    """A mount with one root."""

    admin: Ask
    mount: str
    pem: str

    def issue(
        self,
        key_type: KeyType = KeyType.ECDSA_P256,
        *,
        by_vault: bool = False,
        trust_bundle: str | None = None,
        cross_certificates: str | None = None,
    ) -> CaFiles:
        """Return the files for a new intermediate; its key is made here, or by Vault."""
        options = CertOptions(common_name=COMMON_NAME, ttl_days=TTL_DAYS, key_type=key_type)
        key, csr = self._make_key(options) if by_vault else _make_key(options)
        body = build_sign_request(options, csr=csr)
        signed = write(self.admin, f"{self.mount}/root/sign-intermediate", body)
        return build_files(
            certificate=signed["certificate"],
            key=key,
            trust_bundle=self.pem if trust_bundle is None else trust_bundle,
            cross_certificates=cross_certificates,
        )

    def cross_sign(self, other: VaultRoot) -> str:
        """Return another root with this one's signature, its name byte by byte as it was."""
        body = {"certificate": other.pem}
        path = f"{self.mount}/root/sign-self-issued"
        signed = write(self.admin, path, {**body, "require_matching_certificate_algorithms": False})
        return str(signed["certificate"])

    def _make_key(self, options: CertOptions) -> tuple[SecretStr, str]:
        path = f"{self.mount}/intermediate/generate/exported"
        made = write(self.admin, path, build_key_request(options))
        return SecretStr(made["private_key"]), str(made["csr"])


def _make_key(options: CertOptions) -> tuple[SecretStr, str]:
    key = make_key(options.key_type)
    return render_key(key), build_request(key, common_name=options.common_name)


@contextmanager
def make_root(admin: Ask, name: str) -> Iterator[VaultRoot]:
    """Make a root in a mount of its own, and remove both at the end."""
    mount = f"root-{uuid4().hex[:8]}"
    write(admin, f"sys/mounts/{mount}", {"type": "pki", "config": {"max_lease_ttl": "87600h"}})
    body = {"common_name": name, "ttl": "8760h", "key_type": "ec", "key_bits": 256}
    made = write(admin, f"{mount}/root/generate/internal", body)
    yield VaultRoot(admin=admin, mount=mount, pem=parse_certificate(made["certificate"]).pem)
    admin("DELETE", f"sys/mounts/{mount}")
