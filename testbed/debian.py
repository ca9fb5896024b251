"""Programs that the machine itself provides, installed from Debian's packages where missing."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from testbed.command import run
from testbed.errors import TestbedError
from testbed.progress import Progress

PLUGINS = Path("/usr/lib/cni")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_ADMIN_PATH = "/usr/local/sbin:/usr/sbin:/sbin"


@dataclass(frozen=True)
class Tool:
    """A program or file of the machine, and the package that brings it."""

    name: str
    package: str

    def find(self) -> Path | None:
        """Find it on the search path, or at its place when it is named by one."""
        if self.name.startswith("/"):
            return Path(self.name) if Path(self.name).exists() else None
        found = shutil.which(self.name, path=f"{os.environ.get('PATH', '')}:{_ADMIN_PATH}")
        return Path(found) if found else None


HOST_TOOLS = (
    Tool("ip", "iproute2"),
    Tool("iptables", "iptables"),
    Tool("nsenter", "util-linux"),
    Tool("sysctl", "procps"),
)
NODE_TOOLS = (
    Tool("containerd", "containerd"),
    Tool("ctr", "containerd"),
    Tool("containerd-shim-runc-v2", "containerd"),
    Tool("runc", "runc"),
    Tool(str(PLUGINS / "ptp"), "containernetworking-plugins"),
    Tool(str(PLUGINS / "host-local"), "containernetworking-plugins"),
    Tool(str(PLUGINS / "loopback"), "containernetworking-plugins"),
    Tool("busybox", "busybox-static"),
    Tool("mount", "mount"),
)
BUILD_TOOLS = (
    Tool("buildah", "buildah"),
    Tool("debootstrap", "debootstrap"),
    Tool(str(KEYRING), "debian-archive-keyring"),
    Tool("unshare", "util-linux"),
)
BROWSER_TOOLS = (
    Tool("chromium", "chromium"),
    Tool("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "fonts-dejavu-core"),
)
# What commands of the docs call that a machine may not have.
DOCS_TOOLS = (Tool("jq", "jq"),)
_LOCK = Path("/run/lock/roottrust-debian")


def ensure(tools: tuple[Tool, ...], progress: Progress) -> None:
    """Install the packages of whatever is missing; of several that want to, one after the other."""
    if not missing_packages(tools):
        return
    with hold_apt():
        packages = missing_packages(tools)
        if packages:
            _install(packages, progress)


@contextmanager
def hold_apt() -> Iterator[None]:
    """Have apt for ourselves: it does not wait for another that reads its lists."""
    _LOCK.parent.mkdir(parents=True, exist_ok=True)
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(packages: list[str], progress: Progress) -> None:
    if shutil.which("apt-get") is None:
        raise TestbedError(
            f"These are needed, and there is no apt-get to install them: {', '.join(packages)}."
        )
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    names = ", ".join(packages)
    with progress.step(f"installing {names}", f"{names} installed"):
        # An installation that was killed half-way has to be finished before another can begin.
        run(["dpkg", "--configure", "-a"], environment=quiet, seconds=600)
        run(["apt-get", "update", "-q"], environment=quiet, seconds=600)
        patience = ["-o", "DPkg::Lock::Timeout=120"]
        install = [
            "apt-get",
            *patience,
            "install",
            "-y",
            "-q",
            "--no-install-recommends",
            *packages,
        ]
        run(install, environment=quiet, seconds=900)


def missing_packages(tools: tuple[Tool, ...]) -> list[str]:
    """Name the packages of the tools that the machine lacks."""
    return sorted({tool.package for tool in tools if tool.find() is None})


def path(name: str) -> Path:
    """Give the path of a tool that `ensure` has seen."""
    found = Tool(name, name).find()
    if found is None:
        raise TestbedError(f"The program {name} is gone from this machine.")
    return found
