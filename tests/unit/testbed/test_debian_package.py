"""Binaries out of Debian's packages."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from testbed import debian_package
from testbed.command import CommandError
from testbed.debian_package import DebianPackage

PACKAGE = DebianPackage("prometheus", "usr/bin/promtool")


class Machine:
    """Plays apt and dpkg; `stale` is a machine whose list of packages is missing or old."""

    def __init__(self, *, is_stale: bool) -> None:
        self.is_stale = is_stale
        self.words: list[str] = []

    def run(self, argv: Sequence[str | Path], *, directory: Path | None = None, **_: Any) -> str:
        command = [str(word) for word in argv]
        self.words.append(" ".join(command[:2]))
        if command[1] == "update":
            self.is_stale = False
        elif command[1] == "download":
            if self.is_stale:
                raise CommandError(command, 100, "Unable to locate package")
            assert directory is not None
            (directory / "prometheus_1_amd64.deb").touch()
        else:
            product = Path(command[-1]) / PACKAGE.path
            product.parent.mkdir(parents=True)
            product.write_text("binary")
        return ""


def build(monkeypatch: pytest.MonkeyPatch, folder: Path, *, is_stale: bool) -> Machine:
    machine = Machine(is_stale=is_stale)
    monkeypatch.setattr(debian_package, "run", machine.run)
    monkeypatch.setattr(debian_package, "hold_apt", nullcontext)
    PACKAGE.build(folder, "debian")
    return machine


def test_the_binary_alone_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = build(monkeypatch, tmp_path, is_stale=False)
    assert [each.name for each in tmp_path.iterdir()] == [PACKAGE.product]
    assert machine.words == ["apt-get download", "dpkg-deb --extract"]


def test_a_list_that_is_old_is_read_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = build(monkeypatch, tmp_path, is_stale=True)
    assert machine.words == [
        "apt-get download",
        "apt-get update",
        "apt-get download",
        "dpkg-deb --extract",
    ]
