"""What the demo plays on: a cluster and a Vault, and the programs to talk to them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Stage:
    """A cluster that may be changed and an empty Vault, both with everything allowed."""

    kubectl: Path
    kubeconfig: Path
    bao: Path
    vault_address: str
    vault_ca: Path
    root_token: str

    @property
    def tools(self) -> tuple[Path, Path]:
        """The programs that a person needs to look around."""
        return self.kubectl, self.bao

    def to_record(self) -> dict[str, str]:
        """Give what has to be kept to take the stage down later."""
        return {name: str(value) for name, value in asdict(self).items()}

    @classmethod
    def from_record(cls, record: dict[str, str]) -> Self:
        """Build it from what was kept."""
        paths = {name: Path(record[name]) for name in ("kubectl", "kubeconfig", "bao", "vault_ca")}
        return cls(vault_address=record["vault_address"], root_token=record["root_token"], **paths)
