"""The stage that needs nothing but root: a testbed of the demo's own."""

from __future__ import annotations

import shutil
from pathlib import Path

from demo.stage import Stage
from testbed import Testbed, TestbedError
from testbed.preflight import check_machine

CLUSTER = "cluster1"

# A testbed that somebody uses by hand has another folder and other networks.
_RANGE = 97
_STATE = Path(f"/var/lib/roottrust-demo-{_RANGE}")


def check() -> None:
    """Refuse, in one sentence, a machine on which there can be no testbed."""
    try:
        check_machine()
    except TestbedError as error:
        raise TestbedError(f"{error} With a cluster of yours: make demo CONTEXT=name") from None


def set_up() -> Stage:
    """Bring a control plane and OpenBao up, both empty; the demo needs no pods."""
    take_down()
    bed = Testbed(_STATE, network=_RANGE)
    bed.up([CLUSTER], nodes=False)
    tools = bed.tools()
    return Stage(
        kubectl=tools / "kubectl",
        kubeconfig=bed.cluster(CLUSTER).kubeconfig,
        bao=tools / "bao",
        vault_address=bed.vault.address,
        vault_ca=bed.vault.ca_file,
        root_token=bed.vault.root_token,
    )


def take_down() -> None:
    """Take both down; harmless when nothing is up."""
    if not _STATE.exists():
        return
    Testbed(_STATE, network=_RANGE).down()
    shutil.rmtree(_STATE)
