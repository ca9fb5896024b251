"""What leads nowhere is told with its page and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from docsite.links import find_broken, find_broken_mentions
from docsite.pages import list_pages

TREE = {
    "README.md": "# Top\n[a](docs/a.md#part) [b](deploy/b.yaml) [t](#top)\n",
    "docs/a.md": "# A\n\n## Part\n\n[up](../README.md#top)\n",
    "deploy/b.yaml": "b: 1\n",
}


def look(root: Path, **changes: str) -> list[str]:
    for path, text in TREE.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text + changes.get(Path(path).stem, ""))
    return [*find_broken(root, list_pages(root))]


def test_what_leads_somewhere_is_not_told(tmp_path: Path) -> None:
    assert look(tmp_path, a="[x](https://nowhere.example/a#b)") == []


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("[x](c.md)", "docs/a.md:6: there is no c.md"),
        ("[x](docs/a.md)", "docs/a.md:6: there is no docs/a.md"),
        ("[x](#path)", "docs/a.md:6: docs/a.md has no heading #path"),
        ("[x](../README.md#tops)", "docs/a.md:6: README.md has no heading #tops"),
        ("[x](../deploy/b.yaml#b)", "docs/a.md:6: deploy/b.yaml has no heading #b"),
        ("[x](../../README.md)", "docs/a.md:6: there is no ../../README.md"),
        ("[x](../docs)", "docs/a.md:6: ../docs is a folder, of which the site has no page"),
        ("[x](/README.md)", "docs/a.md:6: there is no /README.md"),
    ],
)
def test_what_leads_nowhere_is(tmp_path: Path, link: str, told: str) -> None:
    assert look(tmp_path, a=link) == [told]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("see docs/a.md", []),
        ("# docs/a.md#part, https://elsewhere.example/docs/x.md", []),
        ("see docs/x.md", ["operator/b.py:2: there is no docs/x.md"]),
        ("docs/a.md#parts tells", ["operator/b.py:2: docs/a.md has no heading #parts"]),
    ],
)
def test_pages_that_code_names_are_looked_for(tmp_path: Path, line: str, told: list[str]) -> None:
    assert look(tmp_path) == []
    (tmp_path / "operator").mkdir()
    (tmp_path / "operator/b.py").write_text(f"\n{line}\n")
    assert [*find_broken_mentions(tmp_path, list_pages(tmp_path))] == told
