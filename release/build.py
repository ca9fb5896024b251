"""The wheel, the sdist and the chart's package: `python -m release.build` writes them to dist/."""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

from release.errors import ReleaseError
from release.source import copy_source, read_epoch
from release.tree import DIST
from testbed import Testbed, TestbedError
from testbed.command import run

CHART = "charts/roottrust"
_LONG_AGO = 1_000_000_000


def build_distributions(
    source: Path, into: Path, *, epoch: int, environment: Mapping[str, str] | None = None
) -> list[Path]:
    """Build the wheel and the sdist of a source tree."""
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "--directory",
        into.absolute(),
    ]
    variables = {**(environment or {}), "SOURCE_DATE_EPOCH": str(epoch)}
    run(command, directory=source, environment=variables, seconds=300)
    return sorted(into.iterdir())


def package_chart(source: Path, into: Path, *, epoch: int, helm: Path) -> Path:
    """Package the chart of a source tree; Helm 4 takes the times of the files."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "roottrust"
        shutil.copytree(source / CHART, copy)
        for path in copy.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
            os.utime(path, (epoch, epoch))
        homes = {f"HELM_{name}_HOME": scratch for name in ("CACHE", "CONFIG", "DATA")}
        run([helm, "package", copy, "--destination", into], environment=homes)
    (package,) = into.glob("roottrust-*.tgz")
    return package


def provide_helm() -> Path:
    """Obtain the Helm of the testbed."""
    with tempfile.TemporaryDirectory() as state:
        return Testbed(Path(state)).provide_helm()


def build_twice(folder: Path, *, helm: Path | None = None) -> list[Path]:
    """Build all on two machines, as it were, and return the files, which have to be the same."""
    first, second = (
        (folder / "a", 0o022, None, "UTC"),
        (folder / "b/c", 0o077, _LONG_AGO, "Asia/Tokyo"),
    )
    built = [_build_in(*place, helm=helm) for place in (first, second)]
    compare(*built)
    _compare_with_wheel_of_sdist(built[0], folder / "sdist")
    return built[0]


def _build_in(
    folder: Path, umask: int, changed_at: int | None, zone: str, *, helm: Path | None
) -> list[Path]:
    source, into = folder / "source", folder / "dist"
    copy_source(source, umask=umask, changed_at=changed_at)
    variables = {"TZ": zone, "PYTHONHASHSEED": str(umask)}
    built = build_distributions(source, into, epoch=read_epoch(), environment=variables)
    if helm is not None:
        built.append(package_chart(source, into, epoch=read_epoch(), helm=helm))
    return built


def compare(built: list[Path], again: list[Path]) -> None:
    """Have each file be the same bytes as its like."""
    names = [path.name for path in built]
    if names != [path.name for path in again]:
        raise ReleaseError(f"One build made {names}, another {[path.name for path in again]}.")
    for one, other in zip(built, again, strict=True):
        if one.read_bytes() != other.read_bytes():
            raise ReleaseError(f"Two builds of {one.name} differ: {one} and {other}.")


def _compare_with_wheel_of_sdist(built: list[Path], folder: Path) -> None:
    """Build the wheel as others do from the sdist: it has to be ours."""
    (sdist,) = (path for path in built if path.name.endswith(".tar.gz"))
    (wheel,) = (path for path in built if path.suffix == ".whl")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    source = folder / sdist.name.removesuffix(".tar.gz")
    again = build_distributions(source, folder / "dist", epoch=read_epoch())
    compare([wheel], [path for path in again if path.suffix == ".whl"])


def main() -> int:
    """Write what a release publishes beside the image."""
    try:
        _write_distributions()
    except (ReleaseError, TestbedError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _write_distributions() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        source, built = Path(scratch) / "source", Path(scratch) / "dist"
        copy_source(source)
        epoch = read_epoch()
        build_distributions(source, built, epoch=epoch)
        package_chart(source, built, epoch=epoch, helm=provide_helm())
        DIST.mkdir(exist_ok=True)
        for path in sorted(built.iterdir()):
            print((DIST / path.name).relative_to(DIST.parent))
            (DIST / path.name).write_bytes(path.read_bytes())


if __name__ == "__main__":
    sys.exit(main())
