"""Binaries out of Debian's packages, without what their installation would start or write."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from testbed.command import CommandError, run
from testbed.debian import hold_apt


@dataclass(frozen=True)
class DebianPackage:
    """A package, and the path of its binary below the root of a file system."""

    package: str
    path: str
    product = "binary"

    def build(self, folder: Path, version: str) -> None:  # noqa: ARG002  Debian serves one
        """Unpack the package, and keep the binary alone."""
        with tempfile.TemporaryDirectory() as scratch:
            place = Path(scratch)
            place.chmod(0o755)  # apt downloads as a user of its own where it can
            _download(self.package, place)
            (archive,) = place.glob("*.deb")
            run(["dpkg-deb", "--extract", archive, place / "root"], seconds=120)
            shutil.copy2(place / "root" / self.path, folder / self.product)


def _download(package: str, into: Path) -> None:
    """Download it; a machine that has no list of packages yet, or an old one, reads it first."""
    command = ["apt-get", "download", "-q", package]
    try:
        run(command, directory=into, seconds=300)
    except CommandError:
        with hold_apt():
            run(["apt-get", "update", "-q"], seconds=600)
        run(command, directory=into, seconds=300)
