"""The proxy's process: started, stopped, and asked for its counts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from ssl import create_default_context
from urllib.request import urlopen

from testbed import Cluster
from testbed.certificate import Authority
from tests.bench.clusters.proxy import ADDRESS, COUNTS_PATH

_CA, _SERVER = "proxy-ca", "proxy"


@dataclass(frozen=True, kw_only=True)
class ProxyProcess:
    """One proxy that runs, and what its certificate is checked with."""

    pid: int
    ports: dict[str, int]
    ca_file: Path

    @property
    def ca_pem(self) -> str:
        """What clients check its certificate with."""
        return self.ca_file.read_text(encoding="utf-8")

    def build_server(self, cluster: str, *, port: str = "live") -> str:
        """Return the address under which a cluster answers, or does not."""
        return f"https://{ADDRESS}:{self.ports[port]}/{cluster}"

    def count(self) -> Counter[str]:
        """Return how many requests there were."""
        context = create_default_context(cafile=str(self.ca_file))
        url = f"https://{ADDRESS}:{self.ports['live']}{COUNTS_PATH}"
        with urlopen(url, timeout=60, context=context) as answer:
            return Counter(json.load(answer))


@contextmanager
def run_proxy(cluster: Cluster, folder: Path) -> Iterator[ProxyProcess]:
    """Run one in front of an API server while this is entered."""
    authority = Authority.create("bench")
    authority.save(folder, _CA)
    address = IPv4Address(ADDRESS)
    authority.issue(folder, _SERVER, common_name="proxy", addresses=[address])
    words = [cluster.server, cluster.ca_file, folder / "proxy.crt", folder / "proxy.key"]
    command = ["setpriv", "--pdeathsig", "KILL", sys.executable]
    command += ["-m", "tests.bench.clusters.proxy", *map(str, words)]
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
    try:
        assert process.stdout is not None
        ports = json.loads(process.stdout.readline())
        yield ProxyProcess(pid=process.pid, ports=ports, ca_file=folder / f"{_CA}.crt")
    finally:
        process.kill()
        process.wait()
