"""Image archives with a few files in layers, as builders write them."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path


def write_image(target: Path, layers: Sequence[Mapping[str, str]]) -> Path:
    """Write an archive; what begins with `-> ` is a link."""
    names = [f"{number}.tar" for number in range(len(layers))]
    manifest = json.dumps([{"Config": "config.json", "Layers": names}])
    members = {"manifest.json": manifest.encode()}
    members |= {name: _layer(files) for name, files in zip(names, layers, strict=True)}
    with tarfile.open(target, "w") as archive:
        for name, content in members.items():
            _add(archive, name, content)
    return target


def _layer(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as layer:
        for name, content in files.items():
            if content.startswith("-> "):
                entry = tarfile.TarInfo(name)
                entry.type, entry.linkname = tarfile.SYMTYPE, content.removeprefix("-> ")
                layer.addfile(entry)
            else:
                _add(layer, name, content.encode())
    return buffer.getvalue()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))
