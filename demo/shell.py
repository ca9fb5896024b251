"""kubectl, bao, helm and roottrust, run as a person would and shown as they run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from demo.errors import DemoError
from demo.narrator import Narrator
from demo.stage import Stage

_SCRIPTS = Path(sys.executable).parent
_HELM_HOMES = ("CACHE", "CONFIG", "DATA")


@dataclass(frozen=True)
class Answer:
    """What a program printed, and whether it was content."""

    ok: bool
    output: str


@dataclass(frozen=True)
class Shell:
    """A shell on the stage, with somebody's credentials for Vault."""

    stage: Stage
    narrator: Narrator
    vault_token: str
    directory: Path
    helm_home: Path

    def login(self, vault_token: str) -> Shell:
        """Return the same shell with another token for Vault."""
        return replace(self, vault_token=vault_token)

    def run(self, *words: str, stdin: str | None = None, show: bool = True) -> str:
        """Run a command, show it and what it prints; raises when it fails."""
        if show:
            self.narrator.command(words)
        answer = self._run(words, stdin)
        if not answer.ok:
            raise DemoError(f"`{' '.join(words)}` failed: {answer.output.strip()}")
        if show:
            self.narrator.output(answer.output)
        return answer.output

    def show(self, *words: str, excerpt: Callable[[str], str]) -> None:
        """Run a command, and show the part of what it prints that matters."""
        self.narrator.command(words)
        self.narrator.output(excerpt(self.run(*words, show=False)))

    def ask(self, *words: str, stdin: str | None = None, show: bool = False) -> Answer:
        """Run a command that may fail."""
        if show:
            self.narrator.command(words)
        return self._run(words, stdin)

    def _run(self, words: tuple[str, ...], stdin: str | None) -> Answer:
        done = subprocess.run(
            [self._programs()[words[0]], *words[1:]],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.directory,
            env={**_inherit(), **self._environment()},
            timeout=120,
        )
        ok = done.returncode == 0
        return Answer(ok=ok, output=done.stdout if ok else done.stderr + done.stdout)

    def _programs(self) -> Mapping[str, Path]:
        programs = {
            "kubectl": self.stage.kubectl,
            "bao": self.stage.bao,
            "roottrust": _SCRIPTS / "roottrust",
        }
        return programs | ({"helm": self.stage.istio.helm} if self.stage.istio else {})

    def _environment(self) -> Mapping[str, str]:
        return {
            "KUBECONFIG": str(self.stage.kubeconfig),
            "VAULT_ADDR": self.stage.vault_address,
            "VAULT_CACERT": str(self.stage.vault_ca),
            "VAULT_TOKEN": self.vault_token,
            # Neither may come from whoever runs the demo.
            "BAO_ADDR": self.stage.vault_address,
            "BAO_CACERT": str(self.stage.vault_ca),
            "BAO_TOKEN": self.vault_token,
            "VAULT_NAMESPACE": "",
            "BAO_NAMESPACE": "",
            # Helm's plugin finds roottrust there.
            "PATH": f"{_SCRIPTS}:{os.environ.get('PATH', os.defpath)}",
            **{f"HELM_{kind}_HOME": str(self.helm_home / kind.lower()) for kind in _HELM_HOMES},
        }


def _inherit() -> Mapping[str, str]:
    """Leave out what would have Helm reach another cluster."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HELM_")}
