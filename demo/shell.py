"""kubectl and bao, run as a person would and shown as they run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from demo.errors import DemoError
from demo.narrator import Narrator
from demo.stage import Stage


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

    def ask(self, *words: str, stdin: str | None = None, show: bool = False) -> Answer:
        """Run a command that may fail."""
        if show:
            self.narrator.command(words)
        return self._run(words, stdin)

    def _run(self, words: tuple[str, ...], stdin: str | None) -> Answer:
        program = {"kubectl": self.stage.kubectl, "bao": self.stage.bao}[words[0]]
        done = subprocess.run(
            [program, *words[1:]],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.directory,
            env={**os.environ, **self._environment()},
            timeout=120,
        )
        ok = done.returncode == 0
        return Answer(ok=ok, output=done.stdout if ok else done.stderr + done.stdout)

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
        }
