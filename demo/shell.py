"""kubectl, bao, helm and roottrust, run as a person would and shown as they run."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from demo.background import Background
from demo.environment import leave_out_settings
from demo.errors import DemoError
from demo.following import follow
from demo.narrator import Narrator
from demo.stage import Stage
from testbed import CommandError, command

_SCRIPTS = Path(sys.executable).parent
_LONGEST_SECONDS = 120.0
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

    def run(
        self,
        *words: str,
        stdin: str | None = None,
        show: bool = True,
        seconds: float = _LONGEST_SECONDS,
    ) -> str:
        """Run a command, show it and what it prints; raises when it fails."""
        answer = self.ask(*words, stdin=stdin, show=show, seconds=seconds)
        if not answer.ok:
            raise DemoError(f"`{' '.join(words)}` failed: {answer.output.strip()}")
        if show:
            self.narrator.output(answer.output)
        return answer.output

    def do(self, *words: str, stdin: str | None = None) -> None:
        """Run a command and show it, and nothing of what it prints unless it fails."""
        self.narrator.command(words)
        self.run(*words, stdin=stdin, show=False)

    def do_together(self, *commands: Sequence[str]) -> list[str]:
        """Run several at once, each shown as `do` shows it, and return what they printed."""
        for words in commands:
            self.narrator.command(words)
        begun = [Background(partial(self.run, *words, show=False)) for words in commands]
        with self.narrator.waiting(commands[0][0]):
            return [each.result() for each in begun]

    def follow(self, *words: str, told: Callable[[str], None]) -> None:
        """Run a long command, and hand on each line when it is printed; raises when it fails."""
        code = follow(
            [self._programs()[words[0]], *words[1:]],
            told,
            environment=self._environment(),
            directory=self.directory,
        )
        if code:
            raise DemoError(f"`{' '.join(words)}` has ended with exit code {code}.")

    def ask(
        self,
        *words: str,
        stdin: str | None = None,
        show: bool = False,
        seconds: float = _LONGEST_SECONDS,
    ) -> Answer:
        """Run a command that may fail."""
        if not show:
            return self._run(words, stdin, seconds)
        self.narrator.command(words)
        with self.narrator.waiting(words[0]):
            return self._run(words, stdin, seconds)

    def _run(self, words: tuple[str, ...], stdin: str | None, seconds: float) -> Answer:
        try:
            output = command.run(
                [self._programs()[words[0]], *words[1:]],
                input=stdin,
                environment=self._environment(),
                directory=self.directory,
                seconds=seconds,
            )
        except CommandError as error:
            return Answer(ok=False, output="\n".join(dict.fromkeys((error.output, error.printed))))
        return Answer(ok=True, output=output)

    def _programs(self) -> Mapping[str, Path]:
        programs = {
            "kubectl": self.stage.kubectl,
            "bao": self.stage.bao,
            "roottrust": _SCRIPTS / "roottrust",
        }
        return programs | ({"helm": self.stage.istio.helm} if self.stage.istio else {})

    def _environment(self) -> Mapping[str, str | None]:
        return {
            **leave_out_settings(),
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
