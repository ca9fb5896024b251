"""A cluster whose API server is its owner's own, and tells of a thousand changes a second."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from testbed import Cluster
from testbed.certificate import Authority
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.clusters.lying_server import A_SECOND, ADDRESS
from tests.integration.hub.clusters.mirror import count_writes
from tests.integration.hub.clusters.registration import build_kubeconfig, make_token
from tests.integration.hub.clusters.upkeep import check_upkeep
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.waiting import wait_for
from tests.session import shown

SECONDS = 15
# Writes of the one mirror, in the seconds between two of which it is let alone.
WRITES_A_SECOND = 2


@dataclass
class Liar:
    """One that runs."""

    pid: int
    port: int
    ca_pem: bytes
    told: int = 0

    def begin(self) -> None:
        """Have it lie from now on."""
        os.kill(self.pid, signal.SIGUSR1)


@pytest.fixture
def liar(second: Cluster, tmp_path: Path, log_folder: Path) -> Iterator[Liar]:
    """What answers in the name of the second cluster."""
    authority = Authority.create("the owner")
    authority.save(tmp_path, "ca")
    authority.issue(tmp_path, "server", common_name="liar", addresses=[IPv4Address(ADDRESS)])
    words = [second.server, second.ca_file, tmp_path / "server.crt", tmp_path / "server.key"]
    command = ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m"]
    command += ["tests.integration.hub.clusters.lying_server", *map(str, words)]
    with (log_folder / "liar.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
    assert process.stdout is not None
    lines = process.stdout
    port = int(lines.readline())
    found = Liar(pid=process.pid, port=port, ca_pem=(tmp_path / "ca.crt").read_bytes())

    def listen() -> None:
        for line in lines:
            found.told = int(line)

    listener = threading.Thread(target=listen)
    listener.start()
    yield found
    process.kill()
    process.wait()
    listener.join()
    lines.close()


@pytest.fixture
def kubeconfig(second: Cluster, liar: Liar) -> str:
    """The second cluster's, by the address that its owner gives away."""
    return build_kubeconfig(
        second,
        make_token(second),
        **{
            "server": f"https://{ADDRESS}:{liar.port}",
            "certificate-authority-data": base64.b64encode(liar.ca_pem).decode(),
        },
    )


def test_a_thousand_changes_a_second_delay_nobody(
    victim: Certificate, liar: Liar, operator: OperatorProcess, request: pytest.FixtureRequest
) -> None:
    """What its owner's server tells costs no API server anything: only the hub is hit by it."""
    liar.begin()
    wait_for(lambda: liar.told, lambda count: count > A_SECOND, seconds=30)
    begun, told = time.monotonic(), liar.told
    reconciled = operator.sum_metric("roottrust_reconciles_total")
    written = count_writes(operator)
    while time.monotonic() < begun + SECONDS:
        check_upkeep(victim)
    took, told = time.monotonic() - begun, liar.told - told
    done = operator.sum_metric("roottrust_reconciles_total") - reconciled
    writes = count_writes(operator) - written
    with shown(request):
        rate = f"{told / took:.0f} a second"
        print(f"{told} changes told of, {rate}: {done:.0f} reconciles, {writes:.0f} writes.")
    assert told > A_SECOND * SECONDS / 4, "it was no storm"
    assert done < told / 10
    assert writes < WRITES_A_SECOND * took
