"""What the demo plays on: a cluster and a Vault, and the programs to talk to them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class IstioParts:
    """What installs istiod in a cluster whose node has the images, istiod's and ours."""

    helm: Path
    charts: Path


@dataclass(frozen=True)
class Stage:
    """A cluster that may be changed and an empty Vault, both with everything allowed."""

    kubectl: Path
    kubeconfig: Path
    bao: Path
    vault_address: str
    vault_ca: Path
    root_token: str
    istio: IstioParts | None = None  # where there can be pods of ours

    @property
    def tools(self) -> tuple[Path, ...]:
        """The programs that a person needs to look around."""
        return self.kubectl, self.bao, *((self.istio.helm,) if self.istio else ())

    def to_record(self) -> dict[str, str]:
        """Give what has to be kept to take the stage down later, which needs nothing of istio's."""
        return {name: str(value) for name, value in asdict(self).items() if name != "istio"}

    @classmethod
    def from_record(cls, record: dict[str, str]) -> Self:
        """Build it from what was kept."""
        return cls(
            kubectl=Path(record["kubectl"]),
            kubeconfig=Path(record["kubeconfig"]),
            bao=Path(record["bao"]),
            vault_address=record["vault_address"],
            vault_ca=Path(record["vault_ca"]),
            root_token=record["root_token"],
        )
