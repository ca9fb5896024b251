"""`python -m docsite` builds dist/site; with --check it only looks at links and navigation."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from docsite.build import build
from docsite.links import find_broken, find_broken_mentions
from docsite.navigation import arrange
from docsite.pages import list_pages

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Say what is wrong with the pages, or build the site of them."""
    parser = argparse.ArgumentParser(prog="python -m docsite")
    parser.add_argument("--check", action="store_true", help="only look at links and navigation")
    parser.add_argument("site", nargs="?", type=Path, default=ROOT / "dist/site")
    options = parser.parse_args()
    pages = list_pages(ROOT)
    navigation = arrange(pages)
    wrong = [*find_broken(ROOT, pages), *find_broken_mentions(ROOT, pages)]
    wrong += [f"{page} is in no section: see docsite/navigation.py" for page in navigation.left]
    for each in wrong:
        print(each, file=sys.stderr)
    if wrong or options.check:
        return 1 if wrong else 0
    if not build(ROOT, pages, navigation, site=options.site.absolute()):
        return 1
    print(f"{options.site}: python3 -m http.server -d {options.site} shows it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
