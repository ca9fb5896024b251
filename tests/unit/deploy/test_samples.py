"""The samples: called as their files, commented, and all in the list."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from roottrust.runtime.settings_file import load_settings

REPOSITORY = Path(__file__).parents[3]
SAMPLES = REPOSITORY / "deploy/samples"
POLICIES = sorted(SAMPLES.glob("*.yaml"))
CONFIGURATIONS = sorted((SAMPLES / "config").glob("*.yaml"))
SHORT_LINES = 40


def read(path: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = yaml.safe_load(path.read_text())
    return manifest


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_a_policy_is_called_as_its_file(path: Path) -> None:
    manifest = read(path)
    assert manifest["kind"] == "RootTrustPolicy"
    assert manifest["metadata"]["name"] in {path.stem, "cluster1"}


@pytest.mark.parametrize("path", CONFIGURATIONS, ids=lambda path: path.stem)
def test_a_configuration_is_valid(path: Path) -> None:
    assert load_settings(path).vault_servers


@pytest.mark.parametrize("path", [*POLICIES, *CONFIGURATIONS], ids=lambda path: path.stem)
def test_it_says_first_what_it_is_for_and_is_short(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert lines[0].startswith("# ")
    assert len(lines) <= SHORT_LINES
    assert max(map(len, lines)) <= 110


def test_all_are_in_the_list() -> None:
    listed = re.findall(
        r"^\| \[(.+?)\]\(\1\) \| .+ \|$", (SAMPLES / "README.md").read_text(), re.MULTILINE
    )
    found = {str(path.relative_to(SAMPLES)) for path in (*POLICIES, *CONFIGURATIONS)}
    assert len(listed) == len(set(listed))
    assert set(listed) == found
