"""The Debian packages of an image's base."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from release.component import Component, Origin

_STATUS = "var/lib/dpkg/status"
_COPYRIGHT = "usr/share/doc/{}/copyright"


def is_wanted(path: str) -> bool:
    """Tell whether a file of the image says something about a package."""
    return path == _STATUS or re.fullmatch(_COPYRIGHT.format("[^/]+"), path) is not None


def find_debian_packages(files: Mapping[str, bytes]) -> list[Component]:
    """Return the packages that are installed; a base of another kind has none."""
    status = files.get(_STATUS, b"").decode()
    paragraphs = (dict(_read_fields(each)) for each in status.split("\n\n") if each.strip())
    return [
        _build_package(fields, files)
        for fields in paragraphs
        if fields.get("Status", "").endswith(" installed")
    ]


def _build_package(fields: Mapping[str, str], files: Mapping[str, bytes]) -> Component:
    name, version = fields["Package"], fields["Version"]
    copyright_ = files.get(_COPYRIGHT.format(name), b"").decode(errors="replace")
    return Component(
        name=name,
        version=version,
        origin=Origin.BASE,
        purl=f"pkg:deb/debian/{name}@{version.replace('+', '%2B').replace(':', '%3A')}"
        f"?arch={fields['Architecture']}",
        licences=tuple(_list_licences(copyright_)),
    )


def _list_licences(text: str) -> list[str]:
    """Return the short names of a file in Debian's machine-readable form, each once."""
    if not text.startswith("Format:"):
        return []
    names = re.findall(r"^License:[ \t]*(\S.*)$", text, re.MULTILINE)
    return sorted({name.strip() for name in names}, key=str.lower)


def _read_fields(paragraph: str) -> Iterator[tuple[str, str]]:
    for line in paragraph.splitlines():
        key, colon, value = line.partition(":")
        if colon and not line.startswith(" "):
            yield key, value.strip()
