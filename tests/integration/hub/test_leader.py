"""Two operators and one lease: one works, and whatever happens to it, never both."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed import Cluster, Vault
from testbed.certificate import Authority
from tests.integration.hub.candidate import Candidate, Paths
from tests.integration.hub.names import GRANT, Names
from tests.integration.hub.operator_process import (
    OperatorProcess,
    build_command,
    build_environment,
)
from tests.integration.hub.policy import Policy
from tests.integration.hub.recorder import Hold, Recorder
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask, read

NAMESPACE = "gloo-mesh"
LOCALHOST = IPv4Address("127.0.0.1")
SERVER = "https://vault.example:8200"
TAKEOVER_SECONDS = 20.0
HANDOVER_SECONDS = 4.0
SHORT = {"leaseSeconds": 5, "renewSeconds": 3, "retrySeconds": 1}

Build = Callable[..., Candidate]


@pytest.fixture(autouse=True)
def alone(operator_process: OperatorProcess, cluster: Cluster) -> None:
    """Nobody else works on policies, and nobody holds the lease."""
    if operator_process.is_running:
        operator_process.stop()
    cluster.kubectl("delete", "lease", "-n", NAMESPACE, "--all")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """What recorders in front of Vault show; its authority is beside it."""
    folder = tmp_path_factory.mktemp("recorder")
    authority = Authority.create("recorder authority")
    authority.save(folder, "ca")
    authority.issue(folder, "server", common_name="recorder", addresses=(LOCALHOST,))
    return folder / "server.crt", folder / "server.key"


@pytest.fixture
def build(
    cluster: Cluster,
    vault: Vault,
    hub_kubeconfig: Path,
    token_file: Path,
    certificate: tuple[Path, Path],
    log_folder: Path,
    tmp_path: Path,
    namespace: str,
) -> Iterator[Build]:
    """Build operators, each with recorders of its own."""
    with ExitStack() as stack:

        def build(name: str, *, election: dict[str, Any] | None = None) -> Candidate:
            paths = Paths(
                vault=Recorder(vault.address, ca_file=vault.ca_file, certificate=certificate),
                kubernetes=Recorder(cluster.server, ca_file=cluster.ca_file),
            )
            for recorder in (paths.vault, paths.kubernetes):
                recorder.start()
                stack.callback(recorder.close)
            folder = tmp_path / name
            folder.mkdir()
            config = {
                **build_config(cluster, paths, certificate, token_file),
                "leaderElection": election or {},
            }
            candidate = Candidate(
                config=config,
                kubeconfig=hub_kubeconfig,
                folder=folder,
                log=log_folder / f"{namespace}-{name}.log",
                paths=paths,
            )
            stack.callback(candidate.kill)
            return candidate

        yield build


def build_config(
    cluster: Cluster, paths: Paths, certificate: tuple[Path, Path], token_file: Path
) -> dict[str, Any]:
    return {
        "cluster": {
            "name": "cluster1",
            "kubernetesHost": cluster.server,
            "kubernetesCAFile": str(cluster.ca_file),
        },
        "logging": {"format": "text", "level": "DEBUG"},
        "vaultServers": [
            {
                "address": SERVER,
                "endpoint": paths.vault.url,
                "caFile": str(certificate[0].parent / "ca.crt"),
                "timeoutSeconds": 60,
                "login": {"tokenFile": {"path": str(token_file)}},
                "grants": [GRANT],
            }
        ],
    }


def read_holder(cluster: Cluster) -> str:
    found = cluster.kubectl("get", "lease", "roottrust-hub", "-n", NAMESPACE, "-o=json").stdout
    holder: str = json.loads(found)["spec"]["holderIdentity"]
    return holder


def test_one_works_and_the_other_takes_over_from_the_dead(
    build: Build, make_policy: Callable[..., Policy], names: Names, admin: Ask
) -> None:
    first, second = build("first"), build("second")
    first.start()
    first.wait_until_it_leads(seconds=3)
    second.start()
    make_policy(names).wait_until_ready()
    assert "leader: " in first.get("/readyz").text
    assert "standby: " in second.get("/readyz").text
    assert second.get("/livez").ok
    assert not second.leads
    assert second.paths.vault.requests == []
    assert second.paths.list_writes() == []

    role = names.paths[-1]
    first.kill()
    admin("DELETE", role)
    killed_at = time.monotonic()
    second.wait_until_it_leads(seconds=TAKEOVER_SECONDS)
    wait_for(lambda: read(admin, role), lambda found: found is not None, seconds=3)
    print(f"repaired {time.monotonic() - killed_at:.1f} s after the kill")
    assert time.monotonic() - killed_at < TAKEOVER_SECONDS


def test_stopped_leader_hands_over(build: Build, cluster: Cluster) -> None:
    first, second = build("first"), build("second")
    first.start()
    first.wait_until_it_leads(seconds=3)
    second.start()
    before = read_holder(cluster)
    stopped_at = time.monotonic()
    assert first.stop() == 0
    second.wait_until_it_leads(seconds=HANDOVER_SECONDS)
    print(f"handed over in {time.monotonic() - stopped_at:.1f} s")
    assert read_holder(cluster) not in {"", before}


# Five writes make a policy; after the last one its status is still to be written.
PLACES = [("answer", number) for number in range(1, 6)]
PLACES += [("handshake", number) for number in range(1, 5)]


@pytest.mark.parametrize(
    ("place", "number"),
    [
        pytest.param(
            *case, marks=() if case[1] == 2 else pytest.mark.prove, id=f"{case[0]}{case[1]}"
        )
        for case in PLACES
    ],
)
def test_leader_that_was_paused_writes_nothing_when_it_wakes(
    build: Build,
    make_policy: Callable[..., Policy],
    names: Names,
    admin: Ask,
    place: str,
    number: int,
) -> None:
    first, second = build("first", election=SHORT), build("second", election=SHORT)
    first.start()
    first.wait_until_it_leads(seconds=3)
    second.start()
    hold = hold_up(first.paths.vault, place, number)
    policy = make_policy(names)
    assert hold.reached.wait(10)
    first.pause()

    second.wait_until_it_leads(seconds=10)
    policy.wait_until_ready()
    admin("DELETE", names.paths[-1])  # the second looks again in minutes, the first has yet to
    before = first.paths.list_writes()
    assert len(first.paths.vault.writes) == number
    hold.release()
    first.wake()
    assert first.wait_for_end() == 1
    assert first.paths.list_writes() == before
    assert read(admin, names.paths[-1]) is None
    log = first.log.read_text()
    assert log.count("leads no more and ends, since it has lost the lease") == 1
    assert "Traceback" not in log
    assert second.leads


def hold_up(recorder: Recorder, place: str, number: int) -> Hold:
    if place == "answer":
        return recorder.hold_answer(number)
    return recorder.hold_connection_after(number)


@pytest.mark.parametrize(
    ("namespace_of_lease", "account", "advice"),
    [
        ("kube-system", "hub", "apply deploy/base/rbac.yaml to its namespace"),
        ("nowhere", "admin", "create its namespace"),
    ],
)
def test_operator_that_can_have_no_lease_says_what_to_do(
    build: Build,
    cluster: Cluster,
    hub_kubeconfig: Path,
    tmp_path: Path,
    namespace_of_lease: str,
    account: str,
    advice: str,
) -> None:
    build("never-started")
    config = yaml.safe_load((tmp_path / "never-started/config.yaml").read_text())
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump({**config, "namespace": namespace_of_lease}))
    kubeconfig = hub_kubeconfig if account == "hub" else cluster.kubeconfig
    words = build_command("--kubeconfig", str(kubeconfig), "--config", str(path))
    done = subprocess.run(
        words, capture_output=True, text=True, env=build_environment(), timeout=30, check=False
    )
    assert done.returncode == 1
    told = done.stderr.splitlines()[-1]
    assert told.startswith(f"Error: The lease {namespace_of_lease}/roottrust-hub, which says who")
    assert f"cannot be had: {advice}, or set leaderElection.enabled to false" in told
