"""The root CA of the guide: made by openssl as in its step 2, imported as in its steps 9 and 10."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.integration.vault_calls import Ask, write

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

    def import_again(self, admin: Ask, mount: str = MOUNT) -> None:
        """Put key and certificate into a mount that is there."""
        bundle = self.key.read_text() + self.certificate.read_text()
        write(admin, f"{mount}/config/ca", {"pem_bundle": bundle})


def make_root(folder: Path) -> Root:
    """Make a root that, like the guide's, has no key usage."""
    root = Root(certificate=folder / "root-cert.pem", key=folder / "root-key.pem")
    words = "openssl req -new -newkey rsa:4096 -x509 -sha256 -days 3650 -nodes -subj /CN=Example"
    files = ["-out", root.certificate, "-keyout", root.key]
    subprocess.run([*words.split(), *files], check=True, capture_output=True)
    return root
