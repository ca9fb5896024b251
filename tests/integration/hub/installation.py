"""An operator with the configuration of a page: what its pod is given lies in a folder here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import yaml

from testbed import Vault
from tests.integration.hub.configuration import build_config
from tests.integration.hub.operator_process import BuildOperator, OperatorProcess
from tests.integration.reader import Reader

SECRET = "/var/run/secrets/vault-login"
FOR_PEOPLE = "pod.yaml"  # where commands find it, which read it in the operator's cluster

Install = Callable[[str], OperatorProcess]


@contextmanager
def installing(build_operator: BuildOperator, vault: Vault, reader: Reader) -> Iterator[Install]:
    """Give what runs an operator with a page's configuration instead of the one before."""
    running: list[OperatorProcess] = []

    def end() -> None:
        for each in running:
            each.kill()

    def install(text: str) -> OperatorProcess:
        end()
        settings = configure(reader, text, vault)
        process = build_operator(f"installed-{len(running)}", vault, {}, settings=settings)
        running.append(process)
        process.start()
        return process

    yield install
    end()


def configure(reader: Reader, text: str, vault: Vault) -> dict[str, Any]:
    """Return what a page has people write, and let their commands find it.

    Its Vault is that, unless it says where it answers, and all that waits is quick.
    """
    written = yaml.safe_load(text.replace(SECRET, str(reader.folder)))
    for server in written["vaultServers"]:
        server.setdefault("endpoint", vault.address)
        server["caFile"] = str(vault.ca_file)
    settings = {**build_config(vault, {}), **written}
    reader.write(FOR_PEOPLE, yaml.safe_dump(settings))
    return settings


def set_up_login(reader: Reader, *words: str) -> None:
    """Run what `roottrust vault-policy --login` prints."""
    told = f"roottrust vault-policy --config config.yaml --login {' '.join(words)}"
    done = reader.type(f"{told} >login.sh; sh -e login.sh")
    assert done.code == 0, done.err
