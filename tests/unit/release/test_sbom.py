"""What is in an image, told from its files alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from release.component import Component, Origin
from release.errors import ReleaseError
from release.image_files import read_files
from release.licence_page import render_page
from release.sbom import build_sbom, check_sbom, find_components, main
from testbed import Testbed, TestbedError
from tests.unit.release.images import write_image

SITE = "opt/roottrust/lib/python3.13/site-packages"
STATUS = """\
Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.41-12
Description: GNU C Library
 Status: not a field

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""
COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
License: LGPL-2.1+

Files: debian/*
License: Expat
"""
BUNDLED = {
    "bomFormat": "CycloneDX",
    "components": [
        {"name": "openssl", "version": "4.0.3", "purl": "pkg:generic/openssl@4.0.3"},
        {
            "name": "cc",
            "version": "1",
            "purl": "pkg:cargo/cc@1",
            "scope": "excluded",
            "licenses": [{"expression": "MIT"}],
        },
        {
            "name": "asn1",
            "version": "0.24",
            "purl": "pkg:cargo/asn1@0.24",
            "licenses": [{"license": {"id": "BSD-3-Clause"}}],
        },
    ],
}
BASE = {
    "./var/lib/dpkg/status": STATUS,
    "./usr/share/doc/libc-bin/copyright": COPYRIGHT,
    "./usr/share/doc/libc6": "-> libc-bin",
    f"{SITE}/old-1.dist-info/METADATA": "Name: old\nVersion: 1\n",
}
OWN = {
    "opt/roottrust/pyvenv.cfg": "home = /usr/bin\nversion_info = 3.13.5\n",
    f"{SITE}/.wh.old-1.dist-info": "",
    f"{SITE}/Zope.x-2.dist-info/METADATA": "Name: Zope.x\nVersion: 2\nLicense-Expression: MIT\n",
    f"{SITE}/cryptography-50.dist-info/METADATA": "Name: cryptography\nVersion: 50\nLicense: BSD\n",
    f"{SITE}/cryptography-50.dist-info/sboms/sbom.json": json.dumps(BUNDLED),
}


@pytest.fixture
def components(tmp_path: Path) -> list[Component]:
    return find_components(write_image(tmp_path / "image.tar", [BASE, OWN]))


def describe(components: list[Component]) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(each.origin, each.purl, each.inside, each.licences) for each in components]


def test_every_part_is_found_with_what_it_says_of_its_licence(components: list[Component]) -> None:
    assert describe(components) == [
        (Origin.BUNDLED, "pkg:cargo/asn1@0.24", "cryptography", ("BSD-3-Clause",)),
        (Origin.PYTHON, "pkg:pypi/cryptography@50", "", ("BSD",)),
        (Origin.BUNDLED, "pkg:generic/openssl@4.0.3", "cryptography", ()),
        (Origin.PYTHON, "pkg:pypi/zope-x@2", "", ("MIT",)),
        (Origin.BASE, "pkg:generic/cpython@3.13.5", "", ("PSF-2.0",)),
        (Origin.BASE, "pkg:deb/debian/libc6@2.41-12?arch=amd64", "", ("Expat", "LGPL-2.1+")),
    ]


def test_a_base_that_is_not_debian_has_the_interpreter_alone(tmp_path: Path) -> None:
    found = find_components(write_image(tmp_path / "image.tar", [OWN]))
    assert [each.name for each in found if each.origin is Origin.BASE] == ["cpython"]


def test_the_interpreter_is_told_once(tmp_path: Path) -> None:
    status = STATUS.replace("libc6", "python3")
    found = find_components(
        write_image(tmp_path / "image.tar", [{"var/lib/dpkg/status": status}, OWN])
    )
    assert [each.name for each in found if each.origin is Origin.BASE] == ["python3"]


def test_the_bill_has_parts_where_they_are(components: list[Component]) -> None:
    bill: dict[str, Any] = json.loads(build_sbom(components, version="1.2.3", epoch=0))
    assert bill["metadata"]["timestamp"] == "1970-01-01T00:00:00+00:00"
    image = bill["metadata"]["component"]
    assert (image["name"], image["version"], image["type"]) == ("roottrust", "1.2.3", "container")
    parts = {each["name"]: each for each in bill["components"]}
    assert set(parts) == {"Zope.x", "cpython", "cryptography", "libc6"}
    assert parts["Zope.x"]["licenses"] == [{"expression": "MIT"}]
    assert {each["name"] for each in parts["cryptography"]["components"]} == {"asn1", "openssl"}
    (image_needs,) = (each for each in bill["dependencies"] if each["ref"] == "image")
    assert set(image_needs["dependsOn"]) == {each["bom-ref"] for each in parts.values()}


def test_the_same_image_has_the_same_bill(components: list[Component]) -> None:
    bill = build_sbom(components, version="1.2.3", epoch=0)
    assert build_sbom(components[::-1], version="1.2.3", epoch=0) == bill
    assert build_sbom(components[1:], version="1.2.3", epoch=0) != bill


def test_a_bill_that_does_not_fit_the_schema_is_refused(components: list[Component]) -> None:
    text = build_sbom(components, version="1.2.3", epoch=0)
    with pytest.raises(ReleaseError, match="does not fit"):
        check_sbom(text.replace('"container"', '"tin"'))


def test_the_page_has_a_line_for_each_part(components: list[Component]) -> None:
    page = render_page(components, "1.2.3")
    for part in components:
        assert f" | {part.version} | {', '.join(part.licences) or 'not said'} |" in page
    assert "| openssl (in cryptography) | 4.0.3 | not said |" in page


def test_later_layers_replace_and_remove(tmp_path: Path) -> None:
    layers = [
        {"a/x": "1", "a/y": "1", "b/z": "1", "c": "1"},
        {"a/.wh.x": "", "b/.wh..wh..opq": "", "c": "2"},
        {"a/x": "3"},
    ]
    files = read_files(write_image(tmp_path / "image.tar", layers), lambda _: True)
    assert files == {"a/x": b"3", "a/y": b"1", "c": b"2"}


def test_where_there_can_be_no_image_no_file_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise TestbedError("The testbed needs root.")

    monkeypatch.setattr(Testbed, "build_image", refuse)
    assert main() == 1
    assert capsys.readouterr() == ("", "The testbed needs root.\n")
