"""Images built by a Dockerfile, kept until something changes that they are made of."""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from testbed import debian, image
from testbed.cache import Cache
from testbed.command import contain, run
from testbed.errors import TestbedError
from testbed.progress import Progress

BASE_IMAGE = "localhost/python-base:testbed"
_SUITE = "trixie"
_PACKAGES = "python3,python3-venv,ca-certificates"
# What a program never needs of a system; half of what debootstrap makes.
_USELESS = (
    "var/cache/apt",
    "var/lib/apt/lists",
    "var/log",
    *(f"usr/share/{name}" for name in ("info", "locale", "man")),
)
_DOCUMENTS = "usr/share/doc"  # all but the copyright, which whoever passes a package on passes on
_ARCHIVE = "image.tar"
_KEPT = 4
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True)
class BuiltImage:
    """An image as an archive; its base is not part of its own size."""

    name: str
    archive: Path
    base: Path

    def sizes(self) -> tuple[int, int]:
        """Give the bytes of its own layers, and those of its base's."""
        of_base = image.layer_sizes(self.base)
        own = image.layer_sizes(self.archive)
        return sum(s for d, s in own.items() if d not in of_base), sum(of_base.values())


@dataclass(frozen=True)
class Builder:
    """Builds images in a place of their own: what a killed build leaves is removed with it."""

    cache: Cache
    progress: Progress

    def build(self, folder: Path, name: str) -> BuiltImage:
        """Build the image that a folder's Dockerfile describes, unless it is there unchanged."""
        base = self._base()
        digest = content_digest(folder)
        prefix = f"built-{re.sub('[^a-z0-9]+', '-', name)}"
        entry = self.cache.entry(prefix, digest, (name, base))
        if not self.cache.is_complete(entry):
            debian.ensure(debian.BUILD_TOOLS, self.progress)
            with self.progress.step(f"building image {name}", f"image {name} built"):
                self.cache.provide(entry, [_ARCHIVE], lambda into: self._run(folder, name, into))
        os.utime(entry)
        self._forget_old(prefix)
        return BuiltImage(name=name, archive=entry / _ARCHIVE, base=base)

    def _base(self) -> Path:
        """Give Debian with Python, as an archive that builds begin with."""
        recipe = (_SUITE, _PACKAGES, _USELESS, _DOCUMENTS)
        entry = self.cache.entry("image-python-base", _SUITE, recipe)
        if not self.cache.is_complete(entry):
            debian.ensure(debian.BUILD_TOOLS, self.progress)
            with self.progress.step(f"building {BASE_IMAGE}", f"{BASE_IMAGE} built"):
                self.cache.provide(entry, [_ARCHIVE], _bootstrap)
        return entry / _ARCHIVE

    def _run(self, folder: Path, name: str, into: Path) -> None:
        storage, target = into / "storage", into / _ARCHIVE
        temporary, downloads = storage / "tmp", self.cache.folder / "build-downloads"
        for each in (temporary, downloads):
            each.mkdir(parents=True, exist_ok=True)
        environment = {
            "BUILDAH_ISOLATION": "chroot",
            "STORAGE_DRIVER": "vfs",
            "TMPDIR": str(temporary),
        }
        places = [f"--root={storage / 'root'}", f"--runroot={storage / 'run'}"]
        # What this machine trusts is mounted, not copied: a company's network may need it.
        volumes = [f"--volume={_CERTIFICATES}:{_CERTIFICATES}:ro"] if _CERTIFICATES.exists() else []
        volumes.append(f"--volume={downloads}:/root/.cache")
        argument = f"--build-arg=BASE=docker-archive:{self._base()}"
        build = [*places, "build", *volumes, argument, f"--tag={name}", str(folder)]
        push = [*places, "push", name, f"docker-archive:{target}:{name}"]
        for words in (build, push):
            run(contain(["buildah", *words]), environment=environment, seconds=1800)
        shutil.rmtree(storage)

    def _forget_old(self, prefix: str) -> None:
        """Keep the images of a few branches: each change makes another one."""
        entries = [path for path in self.cache.folder.glob(f"{prefix}-*") if path.is_dir()]
        for entry in sorted(entries, key=_age)[:-_KEPT]:
            shutil.rmtree(entry, ignore_errors=True)


def content_digest(folder: Path) -> str:
    """Digest a Dockerfile and all that it copies out of its folder."""
    digest = hashlib.sha256()
    for path in sorted(_inputs(folder)):
        digest.update(f"{path.relative_to(folder)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def _inputs(folder: Path) -> Iterator[Path]:
    dockerfile = folder / "Dockerfile"
    if not dockerfile.exists():
        raise TestbedError(f"There is no Dockerfile in {folder}.")
    yield dockerfile
    if (folder / ".dockerignore").exists():
        yield folder / ".dockerignore"
    for words in re.findall(r"^COPY (?!--from)(.+)$", dockerfile.read_text(), re.MULTILINE):
        for word in words.split()[:-1]:
            source = folder / word
            files = source.rglob("*") if source.is_dir() else [source]
            yield from (f for f in files if f.is_file() and "__pycache__" not in f.parts)


def _bootstrap(into: Path) -> None:
    system = into / "system"
    options = ["--variant=minbase", f"--include={_PACKAGES}", f"--keyring={debian.KEYRING}"]
    run(contain([debian.path("debootstrap"), *options, _SUITE, system]), seconds=1800)
    for name in _USELESS:
        shutil.rmtree(system / name)
        (system / name).mkdir()
    for path in (system / _DOCUMENTS).rglob("*"):
        if path.name != "copyright" and not path.is_dir() and not path.is_symlink():
            path.unlink()
    image.write_folder(BASE_IMAGE, system, into / _ARCHIVE)
    shutil.rmtree(system)


def _age(entry: Path) -> float:
    try:
        return entry.stat().st_mtime
    except FileNotFoundError:  # somebody else has removed it
        return 0.0
