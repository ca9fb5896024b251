"""The Python packages of an image, and what is compiled into them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from email.message import Message
from email.parser import BytesParser
from typing import Any

from release.component import Component, Origin

SITE_PACKAGES = re.compile(r"^opt/roottrust/lib/python3[^/]*/site-packages/")
_METADATA = re.compile(SITE_PACKAGES.pattern + r"[^/]+\.dist-info/METADATA$")
# Where wheels tell what else is in them: PEP 770.
_BUNDLED = re.compile(SITE_PACKAGES.pattern + r"[^/]+\.dist-info/sboms/[^/]+\.json$")
_ENVIRONMENT = "opt/roottrust/pyvenv.cfg"


def is_wanted(path: str) -> bool:
    """Tell whether a file of the image says something about a package."""
    return path == _ENVIRONMENT or any(each.match(path) for each in (_METADATA, _BUNDLED))


def find_python_packages(files: Mapping[str, bytes]) -> list[Component]:
    """Return what site-packages holds."""
    parser = BytesParser()
    metadata = {path: parser.parsebytes(files[path]) for path in files if _METADATA.match(path)}
    found = [_build_package(each) for each in metadata.values()]
    names = {path.rsplit("/", 1)[0]: str(each["Name"]) for path, each in metadata.items()}
    for path, content in files.items():
        if _BUNDLED.match(path):
            inside = names[path.rsplit("/sboms/", 1)[0]]
            found += _find_bundled(json.loads(content), inside)
    return sorted(set(found), key=lambda each: (each.name.lower(), each.version, each.inside))


def find_interpreter(files: Mapping[str, bytes]) -> Component:
    """Return the Python that runs it all: some bases have it in no package."""
    match = re.search(r"^version(?:_info)? = (\d+\.\d+\.\d+)", files[_ENVIRONMENT].decode(), re.M)
    version = match[1] if match else "unknown"
    return Component(
        name="cpython",
        version=version,
        origin=Origin.BASE,
        purl=f"pkg:generic/cpython@{version}",
        licences=("PSF-2.0",),
    )


def _build_package(metadata: Message) -> Component:
    name, version = str(metadata["Name"]), str(metadata["Version"])
    stated = metadata["License-Expression"] or metadata["License"]
    return Component(
        name=name,
        version=version,
        origin=Origin.PYTHON,
        purl=f"pkg:pypi/{re.sub('[-_.]+', '-', name).lower()}@{version}",
        licences=(str(stated).strip(),) if stated else (),
    )


def _find_bundled(bill: Mapping[str, Any], inside: str) -> Iterator[Component]:
    """Read a bill of its own; what only built the package is not in it."""
    for part in bill.get("components", ()):
        if part.get("scope") != "excluded":
            yield Component(
                name=part["name"],
                version=part["version"],
                origin=Origin.BUNDLED,
                purl=part["purl"],
                licences=tuple(_list_licences(part)),
                inside=inside,
            )


def _list_licences(part: Mapping[str, Any]) -> Iterator[str]:
    for each in part.get("licenses", ()):
        licence = each.get("license", {})
        yield each.get("expression") or licence.get("id") or licence["name"]
