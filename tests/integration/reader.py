"""Somebody who copies blocks out of the docs into a shell of their own."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from testbed import Vault
from tests.doc_blocks import Block
from tests.integration.command_result import CommandResult

SECONDS = 90


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Has a folder to work in, the programs that the docs call, and credentials for all parts."""

    folder: Path
    environment: Mapping[str, str]
    seconds: float = SECONDS

    def write(self, name: str, text: str) -> None:
        """Have a file that a page speaks of."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()

    def run(
        self,
        block: Block,
        *,
        replaced: Mapping[str, str] | None = None,
        answer: str | None = None,
    ) -> CommandResult:
        """Type a block as it is, but for what stands for the reader's own names."""
        return self.type(block.commands, replaced=replaced, answer=answer)

    def type(
        self,
        text: str,
        *,
        replaced: Mapping[str, str] | None = None,
        answer: str | None = None,
    ) -> CommandResult:
        """Type commands; the first that fails ends them, unless they say `set +e`.

        With an answer there is a person at a terminal, who gives it once a command asks.
        """
        for old, new in (replaced or {}).items():
            assert old in text, f"{old} is not in {text}"
            text = text.replace(old, new)
        with _sit_down(answer) as stdin:
            done = subprocess.run(
                ["bash", "-e", "-o", "pipefail", "-c", text],
                cwd=self.folder,
                env={**self.environment},
                stdin=stdin,
                capture_output=True,
                text=True,
                timeout=self.seconds,
                check=False,
            )
        assert "Traceback" not in done.stderr, done.stderr
        return CommandResult(code=done.returncode, out=done.stdout, err=done.stderr)


@contextmanager
def _sit_down(answer: str | None) -> Iterator[int]:
    """Give what commands read from: nothing, or a terminal at which the answer is typed."""
    if answer is None:
        yield subprocess.DEVNULL
        return
    person, terminal = pty.openpty()
    try:
        os.write(person, f"{answer}\n".encode())
        yield terminal
    finally:
        os.close(terminal)
        os.close(person)


def prepare_reader(
    folder: Path, *, tools: Path, vault: Vault, kubeconfig: Path, configuration: Path | None
) -> Reader:
    """Return one whose shell finds `roottrust`, `kubectl` and `vault`."""
    programs = folder / "bin"
    programs.mkdir()
    command = programs / "roottrust"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m roottrust "$@"\n')
    command.chmod(0o755)
    (programs / "kubectl").symlink_to(tools / "kubectl")
    (programs / "vault").symlink_to(vault.binary)
    return Reader(
        folder=folder,
        environment={
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(folder),
            "KUBECONFIG": str(kubeconfig),
            "VAULT_ADDR": vault.address,
            "VAULT_CACERT": str(vault.ca_file),
            "VAULT_TOKEN": vault.root_token,
            **({"ROOTTRUST_CONFIG": str(configuration)} if configuration else {}),
        },
    )
