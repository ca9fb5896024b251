"""The chart as it is published."""

from __future__ import annotations

import tarfile
from pathlib import Path

from release.build import compare, package_chart
from release.source import copy_source
from tests.integration.chart.chart import Chart

EPOCH = 1_700_000_000


def test_its_package_is_the_same_bytes_wherever_and_whenever_it_is_made(
    chart: Chart, tmp_path: Path
) -> None:
    packages = []
    for name, umask, changed_at in (("a", 0o022, None), ("b", 0o077, 1_000_000_000)):
        source, into = tmp_path / name / "source", tmp_path / name / "dist"
        copy_source(source, umask=umask, changed_at=changed_at)
        into.mkdir()
        packages.append(package_chart(source, into, epoch=EPOCH, helm=chart.helm.binary))
    compare(packages[:1], packages[1:])
    with tarfile.open(packages[0]) as package:
        entries = package.getmembers()
    assert {entry.mtime for entry in entries} == {EPOCH}
    assert "roottrust/values.schema.json" in {entry.name for entry in entries}
