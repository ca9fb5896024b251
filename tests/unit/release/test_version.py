"""One version, in every place that names it."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from release.errors import ReleaseError
from release.tree import REPOSITORY, read_version
from release.version import find_others, find_places, main, set_version
from roottrust.agent.metrics import AgentMetrics
from roottrust.runtime.metrics import Metrics


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What names a version, by itself."""
    for place in find_places():
        copy = tmp_path / place.path.relative_to(REPOSITORY)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(place.path, copy)
    return tmp_path


def test_every_place_names_the_version_of_the_project() -> None:
    assert find_others() == []


def test_what_runs_names_it_too() -> None:
    assert version("roottrust") == read_version()
    labels = {"version": read_version()}
    assert Metrics().registry.get_sample_value("roottrust_build_info", labels) == 1
    assert AgentMetrics().registry.get_sample_value("roottrust_agent_build_info", labels) == 1


def test_setting_it_sets_it_everywhere_and_changes_nothing_else(tree: Path) -> None:
    before = {path: path.read_text() for path in tree.rglob("*") if path.is_file()}
    old = read_version(tree)
    set_version("98.76.54", tree)
    assert find_others(tree) == []
    assert read_version(tree) == "98.76.54"
    chart = yaml.safe_load((tree / "charts/roottrust/Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == ("98.76.54", "98.76.54")
    assert len(before) > 5
    for path, text in before.items():
        assert path.read_text() != text
    set_version(old, tree)
    assert {path: path.read_text() for path in before} == before


def test_a_place_with_another_version_is_named(tree: Path) -> None:
    plugin = tree / "deploy/istiod/helm-plugin/plugin.yaml"
    plugin.write_text(plugin.read_text().replace(read_version(tree), "9.9.9"))
    guide = tree / "docs/new.md"
    guide.parent.mkdir(exist_ok=True)
    guide.write_text("docker pull registry.example/roottrust:9.9.8\n")
    (guide.parent / "adr").mkdir()
    (guide.parent / "adr/0001-a.md").write_text("Decided for roottrust:0.0.1.\n")
    assert find_others(tree) == [
        "deploy/istiod/helm-plugin/plugin.yaml: version: 9.9.9",
        "docs/new.md: roottrust:9.9.8",
    ]


def test_a_place_that_names_none_any_more_is_missed_before_anything_is_written(tree: Path) -> None:
    chart = tree / "charts/roottrust/Chart.yaml"
    chart.write_text(chart.read_text().replace("appVersion", "applicationVersion"))
    with pytest.raises(ReleaseError, match=r"charts/roottrust/Chart\.yaml has no line"):
        set_version("9.9.9", tree)
    assert read_version(tree) == read_version()


@pytest.mark.parametrize("wrong", ["1.2", "v1.2.3", "1.2.3-rc1", ""])
def test_what_is_no_version_is_refused(
    wrong: str, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ReleaseError, match="no version"):
        set_version(wrong, tree)
    assert main([wrong]) == 1
    assert "no version of the form 1.2.3" in capsys.readouterr().err
