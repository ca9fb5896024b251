"""The operator, run on this machine with the rights that it has in a cluster."""

from __future__ import annotations

import sys

from demo import process
from demo.folder import Folder
from demo.narrator import Narrator
from demo.waiting import wait_until
from testbed import http

_NAME = "operator"


def start_operator(narrator: Narrator, folder: Folder, *, roles: str, port: int) -> None:
    """Start it and wait until it calls itself ready."""
    words = ["-m", "roottrust", "operator", "--roles", roles]
    words += ["--config", str(folder.file("config.yaml"))]
    words += ["--kubeconfig", str(folder.file("hub.kubeconfig"))]
    narrator.command(["python", *words])
    process.start(folder, _NAME, [sys.executable, *words])
    took = wait_until(lambda: _is_ready(folder, port), "The operator is not ready")
    narrator.good(f"The operator is ready after {took:.1f} s.")


def read_log(folder: Folder) -> str:
    """Give the end of its log; empty if it was never started."""
    return process.tail(folder.file(f"{_NAME}.log"))


def _is_ready(folder: Folder, port: int) -> bool:
    process.check(folder, _NAME)
    return http.is_good(f"http://127.0.0.1:{port}/readyz")
