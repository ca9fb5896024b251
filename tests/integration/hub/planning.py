"""`roottrust plan` as people call it: a process of its own, with all that it sends recorded."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from roottrust.domain.hub_rights.document import name_policy
from roottrust.domain.hub_rights.rules import Purpose
from testbed import Cluster
from tests.integration.command_result import CommandResult
from tests.integration.hub.recorder import Recorder
from tests.integration.hub.rights import build_rights
from tests.integration.manifests.table import change, read_base
from tests.integration.vault_calls import Ask, write

NAME = name_policy(Purpose.PLAN)
SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Result(CommandResult):
    """What one call came to."""

    @property
    def policy(self) -> dict[str, Any]:
        """The only policy."""
        (found,) = self.report["policies"]
        policy: dict[str, Any] = found
        return policy


@dataclass(frozen=True, kw_only=True)
class Planner:
    """Calls the command for one cluster and one Vault, over recorders."""

    vault: Recorder
    kubernetes: Recorder
    environment: Mapping[str, str]
    words: tuple[str, ...]

    def run(
        self, *words: str, text: str | None = None, environment: Mapping[str, str] | None = None
    ) -> Result:
        python = ["setpriv", "--pdeathsig", "KILL", sys.executable]
        done = subprocess.run(
            [*python, "-m", "roottrust", "plan", *self.words, *words],
            input=text,
            env={"PATH": os.environ["PATH"], **self.environment, **(environment or {})},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Result(code=done.returncode, out=done.stdout, err=done.stderr)

    def run_json(self, *words: str, text: str | None = None) -> Result:
        return self.run("-o", "json", *words, text=text)

    @property
    def writes(self) -> list[str]:
        return [*self.vault.writes, *self.kubernetes.writes]


def make_token(admin: Ask, *, policies: tuple[str, ...] = (NAME,)) -> str:
    """Return a token that has the rights alone that deploy/ ships for plans."""
    write(admin, f"sys/policies/acl/{NAME}", {"policy": build_rights(purpose=Purpose.PLAN)})
    wanted = {"policies": list(policies), "no_default_policy": True, "no_parent": True}
    answer = admin("POST", "auth/token/create", {**wanted, "ttl": "8h"})
    token: str = answer.json()["auth"]["client_token"]
    return token


def write_config(path: Path, config: Mapping[str, Any], endpoint: str, *, cluster: Cluster) -> None:
    """Write the operator's configuration, with the recorder in Vault's place."""
    real = {"kubernetesHost": cluster.server, "kubernetesCAFile": str(cluster.ca_file)}
    servers = [
        {**server, "endpoint": endpoint, "allowPlainHTTP": True}
        for server in config["vaultServers"][:1]
    ]
    path.write_text(
        yaml.safe_dump(
            {**config, "cluster": {**config["cluster"], **real}, "vaultServers": servers}
        )
    )


def write_kubeconfig(path: Path, source: Path, url: str) -> None:
    """Write a kubeconfig with the recorder in the API server's place, and its CA."""
    content = yaml.safe_load(source.read_text())
    content["clusters"][0]["cluster"]["server"] = url
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(content))


def build_text(name: str, namespace: str, changes: Mapping[str, Any]) -> str:
    """Return the guide's manifest under another name, with changes by path."""
    named = {"metadata.name": name, "metadata.namespace": namespace}
    return yaml.safe_dump(change(read_base("guide"), {**changes, **named}))


def find_change(policy: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return what is done to one object in Vault."""
    (found,) = (each for each in policy["vault"] if each["path"] == path)
    assert isinstance(found, dict)
    return found
