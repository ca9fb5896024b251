"""CA folders for tests: a sound one, and what can be wrong with its parts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from roottrust.domain.ca_files import CaFiles
from roottrust.domain.ca_key import PrivateKey, render_key
from tests.unit.domain.certificates import NOW, build_name, build_usage

SIGNING = build_usage(key_cert_sign=True, crl_sign=True)


class Signer:
    """A CA that signs others; it is its own issuer unless another is given."""

    def __init__(
        self,
        name: str,
        *,
        issuer: Signer | None = None,
        key: PrivateKey | None = None,
        is_ca: bool = True,
        path_length: int | None = None,
        usage: x509.KeyUsage | None = SIGNING,
        extended: list[x509.ObjectIdentifier] | None = None,
        begins: datetime = NOW - timedelta(days=1),
        life: timedelta = timedelta(days=90),
    ) -> None:
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.name = build_name(name)
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(issuer.name if issuer else self.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + life)
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=path_length), critical=True)
        )
        if usage is not None:
            builder = builder.add_extension(usage, critical=True)
        if extended is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage(extended), critical=False)
        self.certificate = builder.sign(issuer.key if issuer else self.key, hashes.SHA256())

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()


def build_root(name: str = "Root", **changes: Any) -> Signer:
    return Signer(name, **{"life": timedelta(days=3650), **changes})


def build_folder(
    intermediate: Signer,
    root: Signer,
    *,
    key: PrivateKey | None = None,
    chain: str | None = None,
    trust_bundle: str | None = None,
) -> CaFiles:
    return CaFiles(
        certificate=intermediate.pem,
        key=render_key(key or intermediate.key),
        chain=intermediate.pem if chain is None else chain,
        trust_bundle=root.pem if trust_bundle is None else trust_bundle,
    )
