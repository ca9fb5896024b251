"""The root CA of the guide: made by openssl as in its step 2, imported as in its steps 9 and 10."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.integration.vault_calls import Ask, read, write

MOUNT = "pki"


@dataclass(frozen=True)
class Root:
    """A root's files."""

    certificate: Path
    key: Path

    def import_into(self, admin: Ask, mount: str = MOUNT) -> None:
        """Put key and certificate into a mount that is made for them."""
        write(admin, f"sys/mounts/{mount}", {"type": "pki"})
        self.import_again(admin, mount)

    def import_once(self, admin: Ask, mount: str = MOUNT) -> None:
        """Put key and certificate into a mount unless other tests did, who share the Vault."""
        if read(admin, f"sys/mounts/{mount}") is None:
            self.import_into(admin, mount)

    def import_again(self, admin: Ask, mount: str = MOUNT) -> None:
        """Put key and certificate into a mount that is there."""
        bundle = self.key.read_text() + self.certificate.read_text()
        write(admin, f"{mount}/config/ca", {"pem_bundle": bundle})


def make_root(
    folder: Path, *, subject: str = "/CN=Example", bits: int = 2048, extension: str | None = None
) -> Root:
    """Make a root that, like the guide's, has no key usage; `extension` is openssl's -addext."""
    folder.mkdir(exist_ok=True)
    root = Root(certificate=folder / "root-cert.pem", key=folder / "root-key.pem")
    request = ("openssl", "req", "-new", "-newkey", f"rsa:{bits}", "-nodes")
    words = (*request, "-x509", "-sha256", "-days", "3650", "-utf8", "-subj", subject)
    files = ["-out", str(root.certificate), "-keyout", str(root.key)]
    more = [] if extension is None else ["-addext", extension]
    subprocess.run([*words, *more, *files], check=True, capture_output=True)
    return root


def make_expired_root(folder: Path) -> Root:
    """Make a root whose end was yesterday, which openssl's command for roots refuses to do."""
    folder.mkdir(exist_ok=True)
    root = Root(certificate=folder / "root-cert.pem", key=folder / "root-key.pem")
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string("CN=Past")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(yesterday - timedelta(days=365))
        .not_valid_after(yesterday)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    root.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    root.key.write_bytes(key.private_bytes(*form))
    return root
