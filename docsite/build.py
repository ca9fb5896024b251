"""Builds the site out of the pages, which lie in the tree where they are edited."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from docsite.links import find_target
from docsite.markdown import list_links
from docsite.navigation import Navigation

_HERE = Path(__file__).parent


def build(root: Path, pages: list[str], navigation: Navigation, *, site: Path) -> bool:
    """Write the site into a folder, and return whether the generator had nothing to complain of."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        _copy_pages(root, pages, work / "pages")
        configuration = work / "zensical.toml"
        configuration.write_text(render_configuration(navigation), encoding="utf-8")
        generate = [sys.executable, "-m", "zensical", "build", "--strict", "-f", str(configuration)]
        if subprocess.run(generate, cwd=root, check=False).returncode:
            return False
        shutil.rmtree(site, ignore_errors=True)
        shutil.copytree(work / "site", site)
    return True


def render_configuration(navigation: Navigation) -> str:
    """Return the generator's configuration with the navigation."""
    sections = ", ".join(
        f"{{ {json.dumps(title)} = {json.dumps(list(pages))} }}"
        for title, pages in navigation.sections
    )
    settings = (_HERE / "zensical.toml").read_text(encoding="utf-8")
    return settings.replace("[project]\n", f"[project]\nnav = [{sections}]\n", 1)


def _copy_pages(root: Path, pages: list[str], folder: Path) -> None:
    for path in (*pages, *_list_linked(root, pages)):
        copy = folder / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, copy)
    shutil.copyfile(_HERE / "site.css", folder / "site.css")


def _list_linked(root: Path, pages: Iterable[str]) -> set[str]:
    """Return the files that pages link to and that are none: the site has them as they are."""
    targets = {
        target
        for page in pages
        for link in list_links((root / page).read_text(encoding="utf-8"))
        if (target := find_target(page, link))
    }
    return {each for each in targets.difference(pages) if (root / each).is_file()}
