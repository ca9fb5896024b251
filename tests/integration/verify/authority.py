"""A root in Vault, and what it signs for one istiod: the bundle as its agent would publish it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from roottrust.domain.certificate import parse_certificate
from roottrust.domain.names import build_intermediate_common_name
from tests.integration.vault_calls import Ask, write

CLUSTER = "cluster1"
COMMON_NAME = build_intermediate_common_name(CLUSTER)


@dataclass(frozen=True)
class Bundle:
    """The files that istiod reads its CA from; without any it makes a root of its own."""

    files: dict[str, str]

    def write(self, folder: Path) -> None:
        folder.mkdir()
        for name, content in self.files.items():
            folder.joinpath(name).write_text(content)


@dataclass(frozen=True)
class VaultAuthority:
    """One issuer of a PKI mount."""

    admin: Ask
    mount: str
    issuer_id: str
    pem: str

    @property
    def ca_path(self) -> str:
        return f"{self.mount}/issuer/{self.issuer_id}/sign-intermediate"

    def issue(self) -> Issued:
        """Sign an intermediate for a key that is made here."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, COMMON_NAME)])
        request = x509.CertificateSigningRequestBuilder().subject_name(name)
        csr = request.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
        asked = {"csr": csr, "common_name": COMMON_NAME, "max_path_length": "0", "ttl": "600h"}
        answer = write(self.admin, self.ca_path, asked)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return Issued(
            intermediate=parse_certificate(answer["certificate"]).pem, key=pem, root=self.pem
        )


@dataclass(frozen=True)
class Issued:
    """An intermediate with its key and root."""

    intermediate: str
    key: str
    root: str

    @property
    def bundle(self) -> Bundle:
        return Bundle(
            {
                "ca-cert.pem": self.intermediate,
                "ca-key.pem": self.key,
                "cert-chain.pem": self.intermediate,
                "root-cert.pem": self.root,
            }
        )

    def build_instance(self, pod: str) -> dict[str, Any]:
        """Return what the agent of a pod would report."""
        certificate = parse_certificate(self.intermediate)
        return {
            "pod": pod,
            "serial": certificate.serial,
            "fingerprint": certificate.fingerprint,
            "chain": self.intermediate,
            "trustBundleFingerprint": hashlib.sha256(self.root.encode()).hexdigest(),
            "intermediateGeneration": 1,
            "notAfter": _show(certificate.not_after),
            "loadedByIstiod": True,
        }


def make_authority(admin: Ask, mount: str, *, name: str = "Root") -> VaultAuthority:
    """Make a root in a mount of its own."""
    write(admin, f"sys/mounts/{mount}", {"type": "pki", "config": {"max_lease_ttl": "8760h"}})
    return add_root(admin, mount, name=name)


def add_root(admin: Ask, mount: str, *, name: str) -> VaultAuthority:
    """Make a root in a mount that is there."""
    asked = {"common_name": name, "ttl": "8000h", "key_type": "ec", "key_bits": 256}
    answer = write(admin, f"{mount}/root/generate/internal", asked)
    pem = parse_certificate(answer["certificate"]).pem
    return VaultAuthority(admin=admin, mount=mount, issuer_id=answer["issuer_id"], pem=pem)


def _show(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
