"""Colours can be read by everybody, in the light and in the dark."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from roottrust.cli import report_page

STYLE = files(report_page).joinpath("style.css").read_text(encoding="utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", block))
    for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
)
PALETTES = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
TEXT, SHAPE = 4.5, 3.0  # WCAG 2.2 AA


def measure(colour: str) -> float:
    parts = (int(colour[each : each + 2], 16) / 255 for each in (1, 3, 5))
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((measure(one), measure(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@PALETTES
@pytest.mark.parametrize("ground", ["page", "surface"])
@pytest.mark.parametrize("colour", ["text", "faint", "good", "warning", "unknown", "bad"])
def test_text_can_be_read(palette: dict[str, str], ground: str, colour: str) -> None:
    assert contrast(palette[colour], palette[ground]) >= TEXT


@PALETTES
def test_code_signs_and_lines_can_be_seen(palette: dict[str, str]) -> None:
    assert contrast(palette["text"], palette["code"]) >= TEXT
    assert contrast(palette["link"], palette["page"]) >= SHAPE
    for health in ("good", "warning", "unknown", "bad"):
        assert contrast(palette["mark"], palette[health]) >= TEXT


def test_both_have_the_same_names_and_everything_else_uses_them() -> None:
    assert LIGHT.keys() == DARK.keys()
    rest = re.sub(r":root \{.*?\}", "", STYLE, flags=re.DOTALL)
    assert not re.findall(r"#[0-9a-f]{3,6}\b", rest)
    assert set(re.findall(r"var\(--(\w+)\)", STYLE)) == LIGHT.keys()
