"""Files out of an image archive, as a container of the image sees them."""

from __future__ import annotations

import json
import posixpath
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from release.errors import ReleaseError

_REMOVED, _EMPTIED = ".wh.", ".wh..wh..opq"


def read_files(archive: Path, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    """Return what the wanted files hold, by path; links to them are followed."""
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    with tarfile.open(archive) as image:
        (manifest,) = json.load(_open(image, "manifest.json"))
        for name in manifest["Layers"]:
            with tarfile.open(fileobj=_open(image, name)) as layer:
                _apply(layer, files, links, wanted)
    for path, target in links.items():
        files |= {
            path + name[len(target) :]: content
            for name, content in files.items()
            if name == target or name.startswith(f"{target}/")
        }
    return files


def _apply(
    layer: tarfile.TarFile,
    files: dict[str, bytes],
    links: dict[str, str],
    wanted: Callable[[str], bool],
) -> None:
    for entry in layer:
        path = posixpath.normpath(entry.name).lstrip("/")
        folder, name = posixpath.split(path)
        if name == _EMPTIED:
            _forget(files, f"{folder}/")
        elif name.startswith(_REMOVED):
            removed = posixpath.join(folder, name.removeprefix(_REMOVED))
            _forget(files, f"{removed}/")
            files.pop(removed, None)
            links.pop(removed, None)
        elif entry.issym():
            links[path] = posixpath.normpath(posixpath.join(folder, entry.linkname)).lstrip("/")
        elif entry.isreg() and wanted(path):
            content = layer.extractfile(entry)
            files[path] = content.read() if content else b""


def _forget(files: dict[str, bytes], prefix: str) -> None:
    for path in [path for path in files if path.startswith(prefix)]:
        del files[path]


def _open(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    file = archive.extractfile(name)
    if file is None:
        raise ReleaseError(f"{name} is no file in the image archive.")
    return file
