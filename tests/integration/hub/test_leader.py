"""Two operators and one lease: one works, and whatever happens to it, never both."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from testbed import Cluster, Vault
from tests.integration.hub.candidate import BuildCandidate, Candidate
from tests.integration.hub.fault_table import Row
from tests.integration.hub.interference import HoldAnswer
from tests.integration.hub.lease import read_holder
from tests.integration.hub.names import Names, build_names
from tests.integration.hub.operator_process import build_command, build_environment
from tests.integration.hub.policy import Policy
from tests.integration.hub.waiting import wait_for
from tests.integration.manifests.table import change, read_base
from tests.integration.vault_calls import Ask, read

TAKEOVER_SECONDS = 20.0
HANDOVER_SECONDS = 4.0
SHORT = {"leaseSeconds": 5, "renewSeconds": 3, "retrySeconds": 1}

pytestmark = pytest.mark.usefixtures("alone")


def test_one_works_and_the_other_takes_over_from_the_dead(
    build: BuildCandidate,
    make_policy: Callable[..., Policy],
    names: Names,
    admin: Ask,
    vault: Vault,
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
    seconds = time.monotonic() - killed_at
    Row(
        fault="leader killed (kill -9), another stands by",
        server=vault.kind,
        seconds=0,
        shown=[],
        requests=len(second.paths.vault.requests),
        writes=len(second.paths.vault.writes),
        kubernetes_writes=sum("/leases" not in each for each in second.paths.kubernetes.writes),
        recovered_seconds=round(seconds, 1),
    ).save()
    assert second.paths.vault.writes == [f"POST /v1/{role}"]
    assert seconds < TAKEOVER_SECONDS


def test_stopped_leader_hands_over(build: BuildCandidate, cluster: Cluster) -> None:
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
    build: BuildCandidate, apply_crowd: Callable[[], list[Names]], admin: Ask, count: int
) -> None:
    first, second = start_pair(build)
    crowd = apply_crowd()
    wait_for(lambda: len(first.paths.vault.writes), lambda found: found >= count, every=0.01)
    first.pause()
    check_that_it_writes_nothing(first, second, admin, crowd[0])


@pytest.mark.prove
@pytest.mark.parametrize("number", range(1, 6))
def test_leader_that_was_paused_between_two_writes_does_not_go_on(
    build: BuildCandidate, make_policy: Callable[..., Policy], names: Names, admin: Ask, number: int
) -> None:
    first, second = start_pair(build)
    hold = first.paths.vault.hold_answer(number)
    make_policy(names)
    assert hold.reached.wait(10)
    first.pause()
    hold.release()
    check_that_it_writes_nothing(first, second, admin, names)


def test_leader_that_was_paused_before_it_told_of_its_work_does_not_tell(
    build: BuildCandidate, make_policy: Callable[..., Policy], names: Names, admin: Ask
) -> None:
    """What it would send next goes to Kubernetes: the status that somebody has deleted."""
    first, second = start_pair(build)
    policy = make_policy(names)
    policy.wait_until_ready()
    last_read = HoldAnswer(lambda call: str(call) == f"GET /v1/{names.paths[-1]}")
    first.paths.vault.interfere(last_read)
    told = [each for each in first.paths.kubernetes.requests if each.endswith("/status")]
    policy.patch_status(None)
    assert last_read.reached.wait(10)
    first.pause()
    last_read.release()
    check_that_it_writes_nothing(first, second, admin, names)
    assert told == [each for each in first.paths.kubernetes.requests if each.endswith("/status")]
    assert any(each.endswith("/status") for each in second.paths.kubernetes.writes)


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


def start_pair(build: BuildCandidate) -> tuple[Candidate, Candidate]:
    """Return two operators that run, the one that leads first."""
    first, second = build("first", leaderElection=SHORT), build("second", leaderElection=SHORT)
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
    wait_for(lambda: read(admin, role), lambda found: found is not None)
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


@pytest.mark.refused("roottrust-hub")
@pytest.mark.parametrize(
    ("namespace_of_lease", "account", "advice"),
    [
        ("kube-system", "hub", "apply deploy/base/rbac.yaml to its namespace"),
        ("nowhere", "admin", "create its namespace"),
    ],
)
def test_operator_that_can_have_no_lease_says_what_to_do(
    build: BuildCandidate,
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
    changed = {"namespace": namespace_of_lease, "logging": {"format": "json"}}
    path.write_text(yaml.safe_dump({**config, **changed}))
    kubeconfig = hub_kubeconfig if account == "hub" else cluster.kubeconfig
    words = build_command("--kubeconfig", str(kubeconfig), "--config", str(path))
    done = subprocess.run(
        words, capture_output=True, text=True, env=build_environment(), timeout=30, check=False
    )
    assert done.returncode == 1
    told = json.loads(done.stderr.splitlines()[-1])["message"]
    assert told.startswith(f"The lease {namespace_of_lease}/roottrust-hub, which says who")
    assert f"cannot be had: {advice}, or set leaderElection.enabled to false" in told
