"""Publishes CA folders in children that are killed at a chosen step: run as a program by a test.

A step is a call of the modules that Python makes system calls by, just before it begins: nothing
happens to files between one and the next. Reads requests, one JSON object a line; answers each with
"killed" or "done".
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from pydantic import SecretStr

from roottrust.agent.publication import CaFolder
from roottrust.domain.ca_files import CaFiles

SYSTEM_MODULES = ("posix", "_io")
NOT_A_SYSTEM_CALL = "fspath"


def build_files(mark: str) -> CaFiles:
    """Return files that tell by each of them which version they are."""
    certificate, key, chain, bundle = (
        f"{name} {mark}\n" * 50 for name in ["cert", "key", "chain", "root"]
    )
    return CaFiles(certificate=certificate, key=SecretStr(key), chain=chain, trust_bundle=bundle)


def publish(folder: Path, mark: str) -> None:
    CaFolder(folder).publish(build_files(mark), record=mark)


def _publish_until(step: int, folder: Path, mark: str) -> None:
    count = 0

    def hook(_frame: FrameType, event: str, called: Any) -> None:
        nonlocal count
        if event == "c_call" and _is_system_call(called):
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1

    sys.setprofile(hook)
    try:
        publish(folder, mark)
    finally:
        sys.setprofile(None)


def _is_system_call(called: Any) -> bool:
    return called.__module__ in SYSTEM_MODULES and called.__name__ != NOT_A_SYSTEM_CALL


def _serve() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            _publish_until(request["step"], Path(request["folder"]), request["mark"])
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else "done", flush=True)


if __name__ == "__main__":
    _serve()
