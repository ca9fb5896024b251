"""The site of docs/: built as `make docs` does, whole, and read on phone and desk."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from docsite.__main__ import ROOT
from docsite.build import build
from docsite.navigation import arrange
from docsite.pages import list_pages
from tests.browser.chromium import Tab
from tests.browser.site_server import serve

PHONE, DESK = 390, 1280
HOME = "https://site.example"
READ = (
    "index.html",
    "docs/guide.html",
    "docs/runbooks.html",
    "docs/reference/cli.html",
    "docs/reference/conditions.html",
    "docs/reference/roottrustpolicy.html",
    "docs/adr/index.html",
    "CHANGELOG.html",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "site"
    pages = list_pages(ROOT)
    assert build(ROOT, pages, arrange(pages), site=folder)
    return folder


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    with serve(site) as address:
        yield address


class Page(HTMLParser):
    """What one page links to, loads, and has anchors for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value for name, value in attrs if value}
        self.anchors |= {found[name] for name in ("id", "name") if name in found}
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if tag in ("link", "script", "img"):
            self.loads += [found[name] for name in ("href", "src") if name in found]


def read_pages(site: Path) -> dict[str, Page]:
    files = sorted(site.rglob("*.html"))
    return {path.relative_to(site).as_posix(): Page(path.read_text()) for path in files}


def test_each_page_has_its_place(site: Path) -> None:
    made = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    wanted = {page.replace("README.md", "index.md")[:-3] + ".html" for page in list_pages(ROOT)}
    assert made == wanted | {"404.html"}


def test_each_link_leads_somewhere_and_all_is_loaded_from_here(site: Path) -> None:
    pages = read_pages(site)
    broken = []
    for name, page in pages.items():
        if name == "404.html":  # served for any address, and so written for the site's own
            continue
        for link in (*page.links, *page.loads):
            target = urlsplit(urljoin(f"{HOME}/{name}", link))
            if f"{target.scheme}://{target.netloc}" != HOME:
                assert link in page.links, f"{name} loads {link}"
                continue
            path = unquote(target.path).lstrip("/")
            path = path or "index.html"
            anchors = pages[path].anchors if path in pages else {""}
            if not (site / path).is_file() or target.fragment not in anchors | {""}:
                broken.append(f"{name}: {link}")
    assert broken == []


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", READ)
async def test_it_fits_and_loads_nothing_from_elsewhere(
    tab: Tab, address: str, name: str, width: int
) -> None:
    await tab.resize(width)
    await tab.open(f"{address}/{name}")
    size = (await tab.call("Page.getLayoutMetrics"))["cssContentSize"]
    assert size["width"] <= width
    asked = [each["request"]["url"] for each in tab.list_told("Network.requestWillBeSent")]
    assert [each for each in asked if not each.startswith((address, "data:"))] == []
    assert tab.list_complaints() == []
