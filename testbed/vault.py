"""A Vault server with a real TLS certificate: OpenBao or HashiCorp's."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, Literal

from testbed import record
from testbed.certificate import Authority
from testbed.errors import TestbedError
from testbed.programs import Programs
from testbed.vault_api import VaultApi

Kind = Literal["openbao", "hashicorp"]
Storage = Literal["dev", "file"]
PORTS: dict[str, int] = {"openbao": 8200, "hashicorp": 8300}
DEFAULT_NAMES = ("vault.example",)

_PROGRAM = "server"


@dataclass(frozen=True)
class VaultOptions:
    """Which server is wanted, whether it keeps its data, and its names in pods."""

    kind: Kind = "openbao"
    storage: Storage = "dev"
    names: Sequence[str] = DEFAULT_NAMES


class Vault:
    """One Vault server at an address that this machine and the pods of every cluster reach.

    In `dev` mode it keeps everything in memory: a restart gives an empty server that has the same
    root token. In `file` mode it keeps its data in a folder, and starts sealed.
    """

    def __init__(self, folder: Path) -> None:
        content = record.read(folder / "vault.json")
        if content is None:
            raise TestbedError(f"There is no Vault {folder.name}.")
        self.name = self.kind = folder.name
        self.folder = folder
        self.storage: str = content["storage"]
        self.names: tuple[str, ...] = tuple(content["names"])
        self.host = IPv4Address(content["host"])
        self.port: int = content["port"]
        self.binary = Path(content["binary"])
        self.programs = Programs(folder)
        self.api = VaultApi(self.address, self.ca_file)

    @property
    def address(self) -> str:
        """Where it answers, from this machine and from every pod."""
        return f"https://{self.host}:{self.port}"

    @property
    def client(self) -> str:
        """The name of its own command line client, which is the same binary."""
        return "bao" if self.kind == "openbao" else "vault"

    @property
    def ca_file(self) -> Path:
        """The certificate that its own is signed by."""
        return self.folder / "tls/ca.crt"

    @property
    def root_token(self) -> str:
        """A token that may do everything."""
        return str(self._content()["root_token"])

    @property
    def unseal_keys(self) -> list[str]:
        """The keys that open it, in `file` and in `dev` mode."""
        return [str(key) for key in self._content()["unseal_keys"]]

    @property
    def is_complete(self) -> bool:
        """Tell whether it was once brought up fully."""
        return bool(self._content()["complete"])

    def start(self) -> None:
        """Start the server. A `dev` server is empty and open then; a `file` server is sealed."""
        self.programs.restart(_PROGRAM)
        self._wait()
        if self.storage == "dev" and not self.api.status()["initialized"]:
            self._initialise()

    def stop(self) -> None:
        """End the server; a `dev` server forgets everything."""
        self.programs.stop(_PROGRAM)

    def restart(self) -> None:
        """Stop and start; a `dev` server is empty afterwards, with the same root token."""
        # Nothing of a server in memory is worth an orderly end.
        self.programs.stop(_PROGRAM, grace_seconds=0 if self.storage == "dev" else 5)
        self.start()

    def seal(self) -> None:
        """Seal it, as its operator would."""
        self.api.put("sys/seal", {}, token=self.root_token)

    def unseal(self) -> None:
        """Open it with its recorded keys, and wait until it answers as active."""
        for key in self.unseal_keys:
            self.api.put("sys/unseal", {"key": key})
        self.programs.wait_until(
            self.api.is_active, _PROGRAM, "is not active", seconds=30, every=0.02
        )

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""
        self.programs.pause(_PROGRAM)

    def resume(self) -> None:
        """Let it run on after `pause`."""
        self.programs.unpause(_PROGRAM)

    def revive(self) -> None:
        """Start it again when it was stopped, let it run on when paused, open it when sealed."""
        self.resume()
        self.start()
        if self.api.status()["sealed"]:
            self.unseal()

    def health(self) -> str | None:
        """Say in a few words what is wrong with it; None when nothing is."""
        if not self.programs.is_running(_PROGRAM):
            return "it does not run"
        return None if self.api.is_active() else "it is sealed or does not answer"

    def launch(self) -> None:
        """Start it for the first time: configuration, certificate, initialisation."""
        (self.folder / "server.hcl").write_text(self._configuration())
        authority = Authority.create("testbed vault")
        authority.save(self.folder / "tls", "ca")
        authority.issue(
            self.folder / "tls",
            "server",
            common_name=self.names[0] if self.names else str(self.host),
            dns_names=("localhost", *self.names),
            addresses=(self.host, IPv4Address("127.0.0.1")),
        )
        # A dependency of HashiCorp's 1.13 refuses to start on newer Go without this.
        environment = {"GODEBUG": "x509negativeserial=1"} if self.kind == "hashicorp" else {}
        command: list[str | Path] = [self.binary, "server", f"-config={self.folder / 'server.hcl'}"]
        self.programs.start(_PROGRAM, command, environment)
        self._wait()
        self._initialise()
        self._remember(complete=True)

    def _wait(self) -> None:
        self.programs.wait_until(
            self.api.is_answering, _PROGRAM, "does not answer", seconds=60, every=0.02
        )

    def _initialise(self) -> None:
        """Initialise, open, and give a `dev` server the token that it had before."""
        answer = self.api.put("sys/init", {"secret_shares": 1, "secret_threshold": 1})
        first, chosen = answer["root_token"], self._content()["root_token"]
        self._remember(unseal_keys=answer["keys_base64"])
        self.unseal()
        request = {"id": chosen, "policies": ["root"], "no_parent": True}
        self.api.put("auth/token/create", request, token=first)
        self.api.put("auth/token/revoke-self", {}, token=first)

    def _configuration(self) -> str:
        storage = {
            ("dev", "openbao"): 'storage "inmem" {}',
            ("dev", "hashicorp"): 'storage "inmem" {}',
            ("file", "hashicorp"): f'storage "file" {{\n  path = "{self.folder / "data"}"\n}}',
            # OpenBao has no plain file storage any more; Raft alone is its storage in files.
            ("file", "openbao"): (
                f'storage "raft" {{\n  path = "{self.folder / "data"}"\n'
                '  node_id = "testbed"\n  performance_multiplier = 1\n}'
            ),
        }[self.storage, self.kind]
        if self.storage == "file":
            (self.folder / "data").mkdir(exist_ok=True, mode=0o700)
        mlock = "disable_mlock = true\n" if self.kind == "hashicorp" else ""
        return f"""\
{storage}

listener "tcp" {{
  address = "{self.host}:{self.port}"
  tls_cert_file = "{self.folder / "tls/server.crt"}"
  tls_key_file = "{self.folder / "tls/server.key"}"
}}

api_addr = "{self.address}"
cluster_addr = "https://{self.host}:{self.port + 1}"
{mlock}"""

    def _content(self) -> dict[str, Any]:
        content = record.read(self.folder / "vault.json")
        if content is None:
            raise TestbedError(f"There is no Vault {self.kind} any more.")
        return content

    def _remember(self, **values: object) -> None:
        record.write(self.folder / "vault.json", {**self._content(), **values})


def plan(folder: Path, options: VaultOptions, *, host: IPv4Address, binary: Path) -> Vault:
    """Record a Vault before the first thing of it exists."""
    record.write(
        folder / "vault.json",
        {
            "storage": options.storage,
            "names": list(options.names),
            "host": str(host),
            "port": PORTS[options.kind],
            "binary": str(binary),
            "root_token": f"root-{secrets.token_hex(16)}",
            "unseal_keys": [],
            "complete": False,
        },
    )
    return Vault(folder)
