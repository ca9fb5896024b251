"""The stage that needs nothing but root: a testbed of three clusters and OpenBao."""

from __future__ import annotations

import shutil
from pathlib import Path

from demo.folder import Folder
from demo.stage import IstioParts, Stage
from testbed import Istio, Testbed, TestbedError, kubeconfig
from testbed.parallel import run_together
from testbed.preflight import check_machine

MANAGEMENT = "mgmt"
OLD_MESH = "cluster2"  # has a mesh before it has a policy
MEMBERS = ("cluster1", OLD_MESH)
IMAGE = "localhost/roottrust:dev"  # that of the tests: it is built once

# A testbed that somebody uses by hand has another folder and other networks, and tests have others.
_RANGE = 101
_STATE = Path(f"/var/lib/roottrust-demo-{_RANGE}")


def check() -> None:
    """Refuse, in one sentence, a machine on which there can be no testbed."""
    try:
        check_machine()
    except TestbedError as error:
        raise TestbedError(f"{error} With a cluster of yours: make demo CONTEXT=name") from None


def set_up(folder: Folder, repository: Path) -> Stage:
    """Bring the clusters up, the members with nodes and images, and OpenBao, empty."""
    take_down()
    bed = Testbed(_STATE, network=_RANGE)
    istio = bed.provide_istio()
    archives = [*istio.archives, bed.build_image(repository, IMAGE).archive]
    bed.up(MEMBERS)
    loading = {name: lambda name=name: bed.load_images(name, archives) for name in MEMBERS}
    # The hub is a process of this machine: its cluster needs no node.
    run_together({**loading, MANAGEMENT: lambda: bed.up([MANAGEMENT], vault=None, nodes=False)})
    tools = bed.tools()
    contexts = [bed.cluster(name).kubeconfig.read_text() for name in (MANAGEMENT, *MEMBERS)]
    return Stage(
        kubectl=tools / "kubectl",
        kubeconfig=folder.write("contexts.kubeconfig", kubeconfig.merge(contexts)),
        bao=tools / "bao",
        vault_address=bed.vault.address,
        vault_ca=bed.vault.ca_file,
        root_token=bed.vault.root_token,
        istio=IstioParts(helm=tools / "helm", charts=_link_charts(folder, istio)),
    )


def take_down() -> None:
    """Take all of it down; harmless when nothing is up."""
    if not _STATE.exists():
        return
    Testbed(_STATE, network=_RANGE).down()
    shutil.rmtree(_STATE)


def _link_charts(folder: Folder, istio: Istio) -> Path:
    """Name istio's charts briefly: these commands are read by people."""
    charts = folder.file("charts")
    charts.mkdir(parents=True)
    (charts / "base").symlink_to(istio.base_chart)
    (charts / "istiod").symlink_to(istio.istiod_chart)
    return charts
