"""Container images of one layer, written without any image builder."""

import hashlib
import io
import json
import platform
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import TestbedError

_SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Image:
    """What goes into an image: files by their path inside it, links, and how it starts."""

    name: str
    files: Mapping[str, Path]
    entrypoint: Sequence[str]
    links: Mapping[str, str]
    user: str = ""


def write(image: Image, target: Path) -> None:
    """Write the image as an archive that containerd and docker can load."""
    config = {
        "Entrypoint": list(image.entrypoint),
        "Env": ["PATH=/bin:/usr/bin"],
        "User": image.user,
    }
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        layer = Path(scratch) / "layer.tar"
        layer.write_bytes(_layer(image))
        _write_archive(image.name, layer, config, target)


def write_folder(name: str, folder: Path, target: Path) -> None:
    """Write a whole root filesystem as an image, for others to be built on."""
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        layer = Path(scratch) / "layer.tar"
        with tarfile.open(layer, "w") as files:
            files.add(folder, arcname=".")
        _write_archive(name, layer, {"Env": [f"PATH={_SEARCH_PATH}"]}, target)


def layer_sizes(target: Path) -> dict[str, int]:
    """Read from an archive how many bytes each layer has, by digest, the lowest first."""
    with tarfile.open(target) as archive:
        manifest = json.loads(_read(archive, "manifest.json"))[0]
        digests = json.loads(_read(archive, manifest["Config"]))["rootfs"]["diff_ids"]
        sizes = [archive.getmember(name).size for name in manifest["Layers"]]
    return dict(zip(digests, sizes, strict=True))


def _write_archive(
    image: str, layer: Path, image_config: Mapping[str, object], target: Path
) -> None:
    with layer.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    config = json.dumps(
        {
            "architecture": _architecture(),
            "os": "linux",
            "config": image_config,
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        }
    ).encode()
    name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = [{"Config": name, "RepoTags": [image], "Layers": ["layer.tar"]}]
    with tarfile.open(target, "w") as archive:
        archive.add(layer, "layer.tar", filter=_without_owner_and_time)
        _add(archive, name, config)
        _add(archive, "manifest.json", json.dumps(manifest).encode())


def _architecture() -> str:
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def _layer(image: Image) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for folder in _folders([*image.files, *image.links, "tmp/x", "etc/x"]):
            entry = tarfile.TarInfo(folder)
            entry.type = tarfile.DIRTYPE
            entry.mode = 0o1777 if folder == "tmp" else 0o755
            archive.addfile(entry)
        for path, source in image.files.items():
            _add(archive, path, source.read_bytes(), mode=0o755)
        for path, destination in image.links.items():
            entry = tarfile.TarInfo(path)
            entry.type = tarfile.SYMTYPE
            entry.linkname = destination
            archive.addfile(entry)
    return buffer.getvalue()


def _folders(paths: Sequence[str]) -> list[str]:
    """List every folder above these paths, parents first."""
    parents = {str(parent) for path in paths for parent in Path(path).parents}
    return sorted(parents - {"."})


def _without_owner_and_time(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Have the same image make the same archive, whenever it is written."""
    plain = tarfile.TarInfo(entry.name)
    plain.size = entry.size
    return plain


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        raise TestbedError(f"{name} is no file in the image archive.")
    return file.read()


def _add(archive: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    entry.mode = mode
    archive.addfile(entry, io.BytesIO(content))
