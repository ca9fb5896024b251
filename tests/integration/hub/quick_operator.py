"""The operator as `roottrust operator` runs it, but at a pace that a test can wait for."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from roottrust.hub.app import plan_hub
from roottrust.hub.pace import Pace
from roottrust.kube.access import load_access
from roottrust.runtime.logs import configure_logs
from roottrust.runtime.process import handle_signals
from roottrust.runtime.roles import run_roles
from roottrust.runtime.settings import OperatorSettings
from roottrust.runtime.settings_file import load_settings

# Vault has certificates begin half a minute before they are made.
QUICK = Pace(
    clusters_seconds=1.0,
    keys_seconds=1.0,
    unused_key_seconds=4.0,
    token_share=0.005,
    settle_seconds=32.0,
)


async def _run(settings: OperatorSettings, kubeconfig: Path) -> None:
    stop = asyncio.Event()
    with handle_signals(stop):
        access = await load_access(kubeconfig=kubeconfig)
        await run_roles(settings, access, [plan_hub(pace=QUICK)], stop=stop)


def main(kubeconfig: str, config: str) -> None:
    """Run until the stop."""
    settings = load_settings(Path(config), command_line={"roles": ["hub"]})
    configure_logs(form=settings.logging.format, level=settings.logging.level)
    asyncio.run(_run(settings, Path(kubeconfig)))


if __name__ == "__main__":
    main(sys.argv[2], sys.argv[4])  # --kubeconfig FILE --config FILE
