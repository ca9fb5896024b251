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
from tests.integration.hub.names import GRANT, Names, build_names
from tests.integration.hub.operator_process import (
    OperatorProcess,
    build_command,
    build_environment,
)
from tests.integration.hub.policy import Policy
from tests.integration.hub.recorder import Recorder
from tests.integration.hub.waiting import wait_for
from tests.integration.manifests.table import change, read_base
from tests.integration.vault_calls import Ask, read

NAMESPACE = "gloo-mesh"
LOCALHOST = IPv4Address("127.0.0.1")
SERVER = "https://vault.example:8200"
TAKEOVER_SECONDS = 20.0
HANDOVER_SECONDS = 4.0
SHORT = {"leaseSeconds": 5, "renewSeconds": 3, "retrySeconds": 1}

Build = Callable[..., Candidate]


@pytest.fixture(autouse=True)
def alone(operator_process: OperatorProcess, cluster: Cluster, namespace: str) -> Iterator[None]:
    """Nobody else works on policies, nobody holds the lease, and no policies are left behind."""
    if operator_process.is_running:
        operator_process.stop()
    cluster.kubectl("delete", "lease", "-n", NAMESPACE, "--all")
    yield
    cluster.kubectl("delete", "rtp", "-n", namespace, "--all", "--wait=false")


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


# A leader is paused among connections, handshakes, requests and answers of many policies.
CROWD = 30
MOMENTS = [
    pytest.param(count, marks=() if count == 20 else pytest.mark.prove)
    for count in range(5, 90, 15)
]


@pytest.mark.parametrize("count", MOMENTS)
def test_leader_that_was_paused_writes_nothing_when_it_wakes(
    build: Build, apply_crowd: Callable[[], list[Names]], admin: Ask, count: int
) -> None:
    first, second = start_pair(build)
    crowd = apply_crowd()
    wait_for(lambda: len(first.paths.vault.writes), lambda found: found >= count, every=0.01)
    first.pause()
    check_that_it_writes_nothing(first, second, admin, crowd[0])


@pytest.mark.prove
@pytest.mark.parametrize("number", range(1, 6))
def test_leader_that_was_paused_between_two_writes_does_not_go_on(
    build: Build, make_policy: Callable[..., Policy], names: Names, admin: Ask, number: int
) -> None:
    first, second = start_pair(build)
    hold = first.paths.vault.hold_answer(number)
    make_policy(names)
    assert hold.reached.wait(10)
    first.pause()
    hold.release()
    check_that_it_writes_nothing(first, second, admin, names)


@pytest.fixture
def apply_crowd(cluster: Cluster, namespace: str) -> Callable[[], list[Names]]:
    """Apply many policies at once."""

    def apply() -> list[Names]:
        suffix = namespace.removeprefix("test-")
        crowd = [build_names(f"{suffix}-{number}") for number in range(CROWD)]
        items = [
            change(
                read_base("guide"),
                {
                    **names.build_changes(),
                    "metadata.name": names.auth_mount.replace("_", "-"),
                    "metadata.namespace": namespace,
                },
            )
            for names in crowd
        ]
        manifest = {"apiVersion": "v1", "kind": "List", "items": items}
        cluster.kubectl("apply", "-f", "-", input=json.dumps(manifest))
        return crowd

    return apply


def start_pair(build: Build) -> tuple[Candidate, Candidate]:
    """Return two operators that run, the one that leads first."""
    first, second = build("first", election=SHORT), build("second", election=SHORT)
    first.start()
    first.wait_until_it_leads(seconds=3)
    second.start()
    return first, second


def check_that_it_writes_nothing(
    paused: Candidate, other: Candidate, admin: Ask, names: Names
) -> None:
    """Wake one that was paused for longer than its lease, with work to do."""
    role = names.paths[-1]
    other.wait_until_it_leads(seconds=10)
    other.wait_until_it_rests()
    assert read(admin, role) is not None
    admin("DELETE", role)  # the other looks again in minutes
    before = paused.paths.list_writes()
    assert before
    paused.wake()
    assert paused.wait_for_end() == 1
    assert paused.paths.list_writes() == before
    assert read(admin, role) is None
    log = paused.log.read_text()
    assert log.count("leads no more and ends, since it has lost the lease") == 1
    assert "Traceback" not in log
    assert other.leads


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
