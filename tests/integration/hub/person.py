"""A person who calls `roottrust` for the management cluster, with the rights that deploy/ ships."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from testbed import Cluster
from tests.integration.command_result import CommandResult
from tests.integration.verify.verifier import write_kubeconfig
from tests.session import REPOSITORY

SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Person:
    """Calls one command as one user."""

    kubeconfig: Path
    command: tuple[str, ...]

    def build_words(self, *words: str) -> list[str]:
        # Whoever runs the tests in the background has Ctrl-C ignored, also by what they start.
        start = ["env", "--default-signal=INT", "setpriv", "--pdeathsig", "KILL"]
        python = [*start, sys.executable, "-W", "always::ResourceWarning"]
        given = ["--kubeconfig", str(self.kubeconfig), *words]
        return [*python, "-m", "roottrust", *self.command, *given]

    def start(self, *words: str, log: IO[str] | None = None) -> subprocess.Popen[str]:
        """Begin what takes its time, as on a pipe; with a log, stderr is read from that."""
        return subprocess.Popen(
            self.build_words(*words),
            env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=log or subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> CommandResult:
        return finish(self.start(*words))

    def run_json(self, *words: str) -> CommandResult:
        return self.run("-o", "json", *words)


def finish(process: subprocess.Popen[str]) -> CommandResult:
    """Wait for the end."""
    with process:
        try:
            out, err = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
    return check_told(CommandResult(code=process.returncode, out=out, err=err or ""))


def check_told(done: CommandResult) -> CommandResult:
    """Return what a command has told, in which nothing may be that is not for people."""
    assert "Traceback" not in done.err, done.err
    assert "ResourceWarning" not in done.err, done.err
    return done


def build_status_reader(cluster: Cluster, namespace: str, folder: Path) -> Person:
    """Return somebody who calls `status`, with the rights of deploy/status/ and no others."""
    grant_to_accounts(cluster, folder="status", group="roottrust-readers", namespace=namespace)
    path = write_kubeconfig(folder / "kubeconfig", cluster, namespace=namespace, account="reader")
    return Person(kubeconfig=path, command=("status",))


def build_rotator(
    cluster: Cluster, namespace: str, folder: Path, *, what: str = "intermediate"
) -> Person:
    """Return somebody who rotates, with the rights of deploy/ and no others."""
    grant_to_accounts(cluster, folder="status", group="roottrust-readers", namespace=namespace)
    grant_to_accounts(cluster, folder="rotate", group="roottrust-rotators", namespace=namespace)
    path = write_kubeconfig(folder / "kubeconfig", cluster, namespace=namespace, account="lead")
    return Person(kubeconfig=path, command=("rotate", what))


def grant_to_accounts(cluster: Cluster, *, folder: str, group: str, namespace: str) -> None:
    """Give the accounts of a namespace what a folder of deploy/ gives a group of people."""
    cluster.kubectl("apply", "-f", REPOSITORY / "deploy/base/namespace.yaml")
    text = (REPOSITORY / f"deploy/{folder}/rbac.yaml").read_text()
    assert f"name: {group}\n" in text
    text = text.replace(f"name: {group}\n", f"name: system:serviceaccounts:{namespace}\n")
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=text)
