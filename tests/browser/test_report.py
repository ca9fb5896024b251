"""The page of `roottrust report` in a real Chromium: on phone and desk, in print, in the dark."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from roottrust.cli.report_page.page import render_page
from roottrust.cli.status.report import StatusReport
from tests.browser.chromium import Tab, open_tab
from tests.unit.cli.report_page.fleets import (
    HOSTILE,
    ORIGIN,
    build_many_meshes,
    build_rotating_fleet,
    build_unwell,
    build_well,
    poison,
)

PHONE, DESK = 390, 1280
GROUNDS = {"light": "ffffff", "dark": "0d1117"}
LONG = "istiod-of-a-very-long-name-that-nobody-would-choose-but-somebody-has-" * 3
FLEETS: dict[str, Callable[[], StatusReport]] = {
    "well": build_well,
    "unwell": build_unwell,
    "rotating": build_rotating_fleet,
    "thousand": lambda: build_many_meshes(1000),
    "hostile": lambda: poison(build_unwell(), HOSTILE),
    "long": lambda: poison(build_many_meshes(30), LONG),
    "wide": lambda: poison(build_many_meshes(30), "信頼W@" * 40),
}


def write(path: Path, fleet: str) -> str:
    page = render_page(FLEETS[fleet](), ORIGIN)
    put(path, page)
    return page


def put(path: Path, page: str) -> None:
    path.write_text(page, encoding="utf-8")


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("fleet", FLEETS)
async def test_all_of_it_is_in_sight_and_nothing_is_loaded(
    tab: Tab, page: Path, fleet: str, width: int
) -> None:
    write(page, fleet)
    await tab.resize(width)
    await tab.open(page)
    size = (await tab.call("Page.getLayoutMetrics"))["cssContentSize"]
    assert size["width"] == width
    texts = await tab.list_texts()
    assert {"Trust report", "Trust map"} <= {each.words.strip() for each in texts}
    assert [each for each in texts if each.right > width] == []
    assert tab.list_complaints() == []
    asked = [each["request"]["url"] for each in tab.list_told("Network.requestWillBeSent")]
    assert asked == [page.as_uri()]


async def test_a_phone_and_a_desk_have_pictures_of_their_own(tab: Tab, page: Path) -> None:
    write(page, "unwell")
    await tab.open(page)
    for width, shown in ((PHONE, "map-0-narrow"), (DESK, "map-0-wide")):
        await tab.resize(width)
        nodes = (await tab.call("Accessibility.getFullAXTree"))["nodes"]
        pictures = [each for each in nodes if _get(each, "name").startswith("Trust map Root CN=")]
        assert len(pictures) == 1
        told = await tab.call("DOM.describeNode", backendNodeId=pictures[0]["backendDOMNodeId"])
        assert f"{shown}-title {shown}-told" in told["node"]["attributes"]


@pytest.mark.parametrize("width", [PHONE, DESK])
async def test_whoever_sees_nothing_has_headings_and_tables(
    tab: Tab, page: Path, width: int
) -> None:
    """On a phone as well, where a table does not look like one."""
    write(page, "unwell")
    await tab.resize(width)
    await tab.open(page)
    nodes = (await tab.call("Accessibility.getFullAXTree"))["nodes"]
    roles = [_get(each, "role") for each in nodes if not each["ignored"]]
    assert {"banner", "main", "navigation", "contentinfo"} <= set(roles)
    assert {"table", "row", "columnheader", "rowheader", "cell"} <= set(roles)
    headings = [_get(each, "name") for each in nodes if _get(each, "role") == "heading"]
    assert headings[:2] == ["Trust report", "What is not well"]
    assert "wrong gloo-mesh/fleet" in headings


async def test_it_is_the_same_without_scripts_and_what_is_folded_opens(
    tab: Tab, chromium: str, page: Path
) -> None:
    write(page, "thousand")
    await tab.open(page)
    async with open_tab(chromium) as other:
        await other.call("Emulation.setScriptExecutionDisabled", value=True)
        await other.resize(PHONE)
        await other.open(page)
        assert await other.read_html() == await tab.read_html()
        assert not await _shows(other, "cluster-0999")
        root = (await other.call("DOM.getDocument"))["root"]["nodeId"]
        folded = "#policies summary"
        node = (await other.call("DOM.querySelector", nodeId=root, selector=folded))["nodeId"]
        await other.call("DOM.focus", nodeId=node)
        for kind in ("keyDown", "keyUp"):
            key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
            await other.call("Input.dispatchKeyEvent", type=kind, **key)
        assert await _shows(other, "cluster-0005")
        assert await _shows(other, "And 900 more meshes: see ")


async def test_a_script_would_not_run(tab: Tab, page: Path) -> None:
    """Should ever one get in: the page's own policy is the second wall."""
    written = write(page, "well")
    script = "<script>document.title = 'mine'</script><img src='https://127.0.0.1:1/x'></body>"
    put(page, written.replace("</body>", script))
    await tab.open(page)
    html = await tab.read_html()
    assert "<title>All is well" in html
    blocked = [each["entry"]["text"] for each in tab.list_told("Log.entryAdded")]
    assert len([each for each in blocked if "Content Security Policy" in each]) == 2


@pytest.mark.parametrize("scheme", GROUNDS)
@pytest.mark.parametrize("width", [PHONE, DESK])
async def test_it_is_light_or_dark_as_the_reader_has_it(
    tab: Tab, page: Path, scheme: str, width: int
) -> None:
    write(page, "unwell")
    await tab.resize(width)
    wanted = [{"name": "prefers-color-scheme", "value": scheme}]
    await tab.call("Emulation.setEmulatedMedia", media="", features=wanted)
    await tab.open(page)
    picture = Picture(await tab.take_picture())
    assert picture.width == width
    assert picture.height > 844
    assert picture.ground == GROUNDS[scheme]
    assert picture.count_lines() > 100


@pytest.mark.parametrize("fleet", ["unwell", "thousand"])
async def test_it_is_printed_with_what_is_folded_and_in_the_light(
    tab: Tab, page: Path, fleet: str
) -> None:
    write(page, fleet)
    await tab.open(page)
    printed = await tab.print_page()
    assert printed.startswith(b"%PDF-")
    counts = [int(each) for each in re.findall(rb"/Type /Pages[^>]*?/Count (\d+)", printed)]
    assert 1 <= max(counts) <= (10 if fleet == "unwell" else 40)
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    await tab.call("Emulation.setEmulatedMedia", media="print", features=dark)
    assert Picture(await tab.take_picture()).ground == GROUNDS["light"]
    if fleet == "thousand":
        assert await _shows(tab, "And 900 more meshes: see ")


async def _shows(tab: Tab, words: str) -> bool:
    return any(words in each.words for each in await tab.list_texts())


def _get(node: dict[str, object], key: str) -> str:
    told = node.get(key)
    return str(told.get("value") or "") if isinstance(told, dict) else ""


class Picture:
    """As much of a PNG as tells whether anything is on it."""

    def __init__(self, content: bytes) -> None:
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        self.width, self.height, _, colour = struct.unpack(">IIBB", content[16:26])
        self._pixel = {2: 3, 6: 4}[colour]
        data, place = b"", 8
        while place < len(content):
            length, kind = struct.unpack(">I4s", content[place : place + 8])
            data += content[place + 8 : place + 8 + length] if kind == b"IDAT" else b""
            place += length + 12
        self._rows = zlib.decompress(data)

    @property
    def ground(self) -> str:
        """The colour in its first corner, which no filter changes."""
        return self._rows[1:4].hex()

    def count_lines(self) -> int:
        """Return how many lines are not one colour from end to end."""
        step = self.width * self._pixel + 1
        lines = (self._rows[at + 1 : at + step] for at in range(0, len(self._rows), step))
        return sum(len(set(each)) > 2 * self._pixel for each in lines)
