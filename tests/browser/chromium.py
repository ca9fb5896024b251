"""A real Chromium without a window, steered as its own developer tools steer it."""

from __future__ import annotations

import asyncio
import base64
import itertools
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from testbed import debian

SECONDS = 60

_WORDS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)


@contextmanager
def run_chromium(folder: Path) -> Iterator[str]:
    """Run a browser with a profile of its own, and give the address that steers it."""
    told = folder / "DevToolsActivePort"
    start = ["setpriv", "--pdeathsig", "KILL", str(debian.path("chromium")), *_WORDS]
    with (folder / "chromium.log").open("w") as log:
        process = subprocess.Popen(
            [*start, f"--user-data-dir={folder}", "about:blank"],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield _find_address(process, told, log=folder / "chromium.log")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=SECONDS)


def _find_address(process: subprocess.Popen[bytes], told: Path, *, log: Path) -> str:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        lines = told.read_text().splitlines() if told.exists() else []
        if len(lines) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(0.05)
    raise AssertionError(f"Chromium has not started: {log.read_text()[-2000:]}")


@dataclass
class Tab:
    """One tab of it; `events` is what it has told meanwhile."""

    socket: aiohttp.ClientWebSocketResponse
    session: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask for something, and return the answer."""
        number = next(self.numbers)
        asked = {"id": number, "method": method, "params": parameters}
        await self.socket.send_json({**asked, **self._of_session()})
        async with asyncio.timeout(SECONDS):
            while (told := await self.socket.receive_json()).get("id") != number:
                self.events.append(told)
        assert "error" not in told, (method, told)
        result: dict[str, Any] = told["result"]
        return result

    async def open(self, page: Path | str) -> None:
        """Load a page, of a file or of an address, and wait until it is there."""
        for domain in ("Page", "Log", "Runtime", "Network", "DOM"):
            await self.call(f"{domain}.enable")
        await self.call("Page.navigate", url=page if isinstance(page, str) else page.as_uri())
        async with asyncio.timeout(SECONDS):
            while not self.list_told("Page.loadEventFired"):
                self.events.append(await self.socket.receive_json())

    async def resize(self, width: int) -> None:
        """Be as wide as a phone, or as a desk."""
        size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 700}
        await self.call("Emulation.setDeviceMetricsOverride", **size)

    async def read_html(self) -> str:
        """Return what the browser has made of the page."""
        root = (await self.call("DOM.getDocument"))["root"]
        told = await self.call("DOM.getOuterHTML", nodeId=root["nodeId"])
        return str(told["outerHTML"])

    async def list_texts(self) -> list[Text]:
        """Return the texts that are drawn, with their places on the page."""
        snapshot = await self.call("DOMSnapshot.captureSnapshot", computedStyles=[])
        layout, strings = snapshot["documents"][0]["layout"], snapshot["strings"]
        return [
            Text(words=strings[text], right=x + width, bottom=y + height)
            for text, (x, y, width, height) in zip(layout["text"], layout["bounds"], strict=True)
            if text >= 0 and strings[text].strip() and width > 0
        ]

    async def take_picture(self) -> bytes:
        """Return the whole page as PNG."""
        told = await self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        return base64.b64decode(told["data"])

    async def print_page(self) -> bytes:
        """Return it as PDF, on A4."""
        told = await self.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)
        return base64.b64decode(told["data"])

    def list_told(self, method: str) -> list[dict[str, Any]]:
        """Return what events of a kind have told."""
        return [each["params"] for each in self.events if each.get("method") == method]

    def list_complaints(self) -> list[dict[str, Any]]:
        """Return what a console would show."""
        kinds = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
        return [each for kind in kinds for each in self.list_told(kind)]

    def _of_session(self) -> dict[str, str]:
        return {"sessionId": self.session} if self.session else {}


@dataclass(frozen=True)
class Text:
    """Words on the page, and where they end."""

    words: str
    right: float
    bottom: float


@asynccontextmanager
async def open_tab(address: str) -> AsyncIterator[Tab]:
    """Give a new tab; it is closed afterwards."""
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(address, max_msg_size=0) as socket,
    ):
        tab = Tab(socket=socket)
        target = (await tab.call("Target.createTarget", url="about:blank"))["targetId"]
        told = await tab.call("Target.attachToTarget", targetId=target, flatten=True)
        tab.session = told["sessionId"]
        yield tab
        tab.session = None
        await tab.call("Target.closeTarget", targetId=target)
