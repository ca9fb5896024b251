"""The stage that needs nothing but root: a testbed of the demo's own."""

from __future__ import annotations

import shutil
from pathlib import Path

from demo.folder import Folder
from demo.stage import IstioParts, Stage
from testbed import Istio, Testbed, TestbedError
from testbed.preflight import check_machine

CLUSTER = "cluster1"
IMAGE = "localhost/roottrust:dev"  # that of the tests: it is built once

# A testbed that somebody uses by hand has another folder and other networks.
_RANGE = 97
_STATE = Path(f"/var/lib/roottrust-demo-{_RANGE}")


def check() -> None:
    """Refuse, in one sentence, a machine on which there can be no testbed."""
    try:
        check_machine()
    except TestbedError as error:
        raise TestbedError(f"{error} With a cluster of yours: make demo CONTEXT=name") from None


def set_up(folder: Folder, repository: Path) -> Stage:
    """Bring a cluster with a node up that has istiod's image and ours, and OpenBao, empty."""
    take_down()
    bed = Testbed(_STATE, network=_RANGE)
    istio = bed.provide_istio()
    image = bed.build_image(repository, IMAGE)
    bed.up([CLUSTER])
    bed.load_images(CLUSTER, [*istio.archives, image.archive])
    tools = bed.tools()
    return Stage(
        kubectl=tools / "kubectl",
        kubeconfig=bed.cluster(CLUSTER).kubeconfig,
        bao=tools / "bao",
        vault_address=bed.vault.address,
        vault_ca=bed.vault.ca_file,
        root_token=bed.vault.root_token,
        istio=IstioParts(helm=tools / "helm", charts=_link_charts(folder, istio)),
    )


def take_down() -> None:
    """Take both down; harmless when nothing is up."""
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
