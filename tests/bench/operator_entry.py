"""The operator as `roottrust operator` runs it, or for so many made-up clusters."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from roottrust.hub.app import plan_hub
from roottrust.kube.access import load_access
from roottrust.runtime.logs import configure_logs
from roottrust.runtime.process import handle_signals
from roottrust.runtime.roles import run_roles
from roottrust.runtime.settings import OperatorSettings
from roottrust.runtime.settings_file import load_settings
from tests.bench.fleet import MadeUpClusters


async def _run(settings: OperatorSettings, kubeconfig: Path, count: int | None) -> None:
    stop = asyncio.Event()
    with handle_signals(stop):
        access = await load_access(kubeconfig=kubeconfig)
        clusters = (
            None
            if count is None
            else MadeUpClusters(
                count, kubernetes_host=access.server, kubernetes_ca_pem=access.ca_pem or ""
            )
        )
        await run_roles(settings, access, [plan_hub(clusters=clusters)], stop=stop)


def main(config: str, kubeconfig: str, count: str = "") -> None:
    """Run until the stop."""
    settings = load_settings(Path(config))
    configure_logs(form=settings.logging.format, level=settings.logging.level)
    asyncio.run(_run(settings, Path(kubeconfig), int(count) if count else None))


if __name__ == "__main__":
    main(*sys.argv[1:])
