"""`roottrust verify` as people call it: a process of its own, with the rights of deploy/verify/."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from testbed import Cluster, kubeconfig
from tests.integration.command_result import CommandResult
from tests.session import REPOSITORY

RIGHTS = REPOSITORY / "deploy/verify/rbac.yaml"
SECONDS = 60

_GROUP = "roottrust-verifiers"


@dataclass(frozen=True, kw_only=True)
class Result(CommandResult):
    """What one call came to."""

    @property
    def checks(self) -> dict[str, dict[str, Any]]:
        """What each check of the only mesh came to."""
        (mesh,) = self.report["meshes"]
        return {each["check"]: each for each in mesh["checks"]}

    @property
    def outcomes(self) -> dict[str, str]:
        return {check: found["outcome"] for check, found in self.checks.items()}


@dataclass(frozen=True, kw_only=True)
class Verifier:
    """Calls the command as one user."""

    kubeconfig: Path
    words: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, *words: str, environment: Mapping[str, str] | None = None) -> Result:
        python = ["setpriv", "--pdeathsig", "KILL", sys.executable, "-W", "always::ResourceWarning"]
        given = ["--kubeconfig", str(self.kubeconfig), *self.words, *words]
        done = subprocess.run(
            [*python, "-m", "roottrust", "verify", *given],
            env={"PATH": os.environ["PATH"], **self.environment, **(environment or {})},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert "ResourceWarning" not in done.stderr, done.stderr
        assert "eyJ" not in done.stdout + done.stderr
        return Result(code=done.returncode, out=done.stdout, err=done.stderr)

    def run_json(self, *words: str, environment: Mapping[str, str] | None = None) -> Result:
        return self.run("-o", "json", *words, environment=environment)


def grant_rights(cluster: Cluster, *, istiod_namespace: str, account_namespace: str) -> None:
    """Give the accounts of a namespace what deploy/verify/ gives people."""
    text = RIGHTS.read_text()
    assert _GROUP in text
    text = text.replace(f"name: {_GROUP}", f"name: system:serviceaccounts:{account_namespace}")
    text = text.replace("namespace: istio-system", f"namespace: {istiod_namespace}")
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=text)


def write_kubeconfig(path: Path, cluster: Cluster, *, namespace: str, account: str) -> Path:
    """Write a kubeconfig of an account that is made for it."""
    cluster.kubectl("create", "serviceaccount", account, "-n", namespace)
    token = cluster.kubectl("create", "token", account, "-n", namespace).stdout.strip()
    path.touch(mode=0o600)
    path.write_text(kubeconfig.with_token(cluster.kubeconfig.read_text(), token))
    return path
