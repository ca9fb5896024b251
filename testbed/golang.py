"""Binaries built from Go modules, each resolved in a small module of its own."""

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from testbed.command import bind, run

MINIMUM = (1, 26)
_MODULE = "testbed/build"
_LONG = 3600.0

# A recipe names no toolchain of its own: it is found, or installed, once for all of them.
GoFinder = Callable[[], Path]


@dataclass(frozen=True)
class Tool:
    """A main package of a module that can be required as it is, but for some replacements."""

    package: str
    module_version: str
    replace: tuple[tuple[str, str], ...] = ()
    flags: str = "-s -w"
    product = "binary"

    def build(self, folder: Path, version: str, go: Path) -> None:  # noqa: ARG002  recipe's shape
        """Resolve and build the package into the folder."""
        source = folder / "source"
        source.mkdir()
        lines = [f"module {_MODULE}", f"go {MINIMUM[0]}.{MINIMUM[1]}"]
        lines += [f"replace {old} => {old} {new}" for old, new in self.replace]
        (source / "go.mod").write_text("\n".join(lines) + "\n")
        _go(go, source, "get", "-tool", f"{self.package}@{self.module_version}")
        _compile(go, source, self.package, self.flags, folder / self.product)
        shutil.rmtree(source)


@dataclass(frozen=True)
class Kubernetes:
    """A command of Kubernetes itself, whose staging modules are required as published ones.

    `k8s.io/kubernetes` replaces them by folders of its own tree, which do not exist in the module
    that others download; v0.N.P of each was published from the same commit as v1.N.P.
    """

    command: str
    product = "binary"

    def build(self, folder: Path, version: str, go: Path) -> None:
        """Resolve and build the command into the folder."""
        source = folder / "source"
        source.mkdir()
        package = f"k8s.io/kubernetes/cmd/{self.command}"
        (source / "go.mod").write_text(_kubernetes_module(go, source, version))
        (source / "tools.go").write_text(
            f'//go:build tools\n\npackage tools\n\nimport _ "{package}"\n'
        )
        _go(go, source, "mod", "tidy")
        _compile(go, source, package, _version_flags(version), folder / self.product)
        shutil.rmtree(source)


@dataclass(frozen=True)
class Folder:
    """A folder of a module as it was published: charts and manifests that go with its programs."""

    module: str
    module_version: str
    path: str
    product = "folder"

    def build(self, folder: Path, version: str, go: Path) -> None:  # noqa: ARG002  recipe's shape
        """Copy the folder out of the module."""
        answer = _go(go, folder, "mod", "download", "-json", f"{self.module}@{self.module_version}")
        source = Path(json.loads(answer)["Dir"]) / self.path
        # The files of a module are read-only, which would keep the copy from being removed.
        shutil.copytree(source, folder / self.product, copy_function=shutil.copyfile)
        for each in (folder / self.product, *(folder / self.product).rglob("*")):
            each.chmod(0o755 if each.is_dir() else 0o644)


@dataclass
class Toolchain:
    """Go as found on this machine, or as installed by the given fallback."""

    fallback: GoFinder
    _found: Path | None = field(default=None, init=False)

    def find(self) -> Path:
        """Find a Go that is new enough, once."""
        if self._found is None:
            self._found = _installed() or self.fallback()
        return self._found


def parse_version(output: str) -> tuple[int, int]:
    """Read `go version go1.26.8 linux/amd64`; anything else counts as too old."""
    found = re.search(r"\bgo(\d+)\.(\d+)", output)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _installed() -> Path | None:
    found = shutil.which("go")
    if found is None:
        return None
    return Path(found) if parse_version(run([found, "version"])) >= MINIMUM else None


def _kubernetes_module(go: Path, source: Path, version: str) -> str:
    """Write the go.mod that requires Kubernetes with its staging modules as published."""
    (source / "go.mod").write_text(f"module {_MODULE}\n")
    answer = _go(go, source, "mod", "download", "-json", f"k8s.io/kubernetes@v{version}")
    original = Path(json.loads(answer)["GoMod"])
    module = json.loads(_go(go, source, "mod", "edit", "-json", str(original)))
    published = "v0." + version.split(".", 1)[1]
    lines = [f"module {_MODULE}", f"go {module['Go']}", f"require k8s.io/kubernetes v{version}"]
    for entry in module["Replace"]:
        if entry["New"]["Path"].startswith("./staging/"):
            path = entry["Old"]["Path"]
            lines.append(f"replace {path} => {path} {published}")
    return "\n".join(lines) + "\n"


def _version_flags(version: str) -> str:
    """Tell the binaries their version: without it kubectl cannot parse the server's."""
    major, minor = version.split(".")[:2]
    package = "k8s.io/component-base/version"
    values = {"gitVersion": f"v{version}", "gitMajor": major, "gitMinor": minor}
    return "-s -w " + " ".join(f"-X {package}.{name}={value}" for name, value in values.items())


def _compile(go: Path, source: Path, package: str, flags: str, product: Path) -> None:
    _go(go, source, "build", "-trimpath", "-ldflags", flags, "-o", str(product), package)


def _go(go: Path, directory: Path, *words: str) -> str:
    environment = {
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=mod",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        # A folder with this variable unset is chosen by HOME, which a service may not have.
        "HOME": os.environ.get("HOME", "/root"),
    }
    return run(bind([go, *words]), directory=directory, environment=environment, seconds=_LONG)
