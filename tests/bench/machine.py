"""What the benchmark ran on: without that, its times say nothing."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from testbed.parts import ETCD, KUBERNETES_VERSION, OPENBAO


def describe_machine() -> str:
    """Return one sentence with the date, the processors, the load beforehand and the versions."""
    date = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    processors = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    return (
        f"Measured {date} on {processors} processors ({_find_model()}) that everything shares, "
        f"with a load of {load:.1f} beforehand: Linux {platform.release()}, "
        f"Python {platform.python_version()}, Kubernetes {KUBERNETES_VERSION}, "
        f"etcd {ETCD.version}, OpenBao {OPENBAO.version}."
    )


def _find_model() -> str:
    with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
        lines = (line.partition(":") for line in file)
        names = (value.strip() for key, _, value in lines if key.strip() == "model name")
        return next(names, platform.machine())
