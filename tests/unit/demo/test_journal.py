"""The demo removes from a person's cluster what it created there, and nothing else."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from demo.errors import DemoError
from demo.folder import Folder
from demo.narrator import Narrator
from demo.shell import Shell
from demo.single.journal import Journal
from demo.stage import Stage

# Keeps its objects as files; `broken` cannot be created.
_KUBECTL = """#!/bin/sh
echo "$@" >> calls
case "$*" in
  *broken*) echo "configmap/first"; echo "Error from server: no" >&2; exit 1;;
  "get namespace here"*) echo namespace/here;;
  get*) ;;
  create*) echo "$2/$3";;
esac
"""


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(_KUBECTL)
    kubectl.chmod(0o755)
    stage = Stage(kubectl, tmp_path / "config", kubectl, "https://vault", tmp_path / "ca", "token")
    narrator = Narrator(Console(file=io.StringIO()))
    shell = Shell(stage, narrator, vault_token="token", directory=tmp_path, helm_home=tmp_path)
    return Journal(Folder(tmp_path / "state"), shell)


def read_deletions(tmp_path: Path) -> list[str]:
    return [call for call in (tmp_path / "calls").read_text().splitlines() if "delete" in call]


def test_removes_what_it_created(journal: Journal, tmp_path: Path) -> None:
    journal.ensure("namespace", "new")
    journal.create("secret", "a", namespace="new")
    journal.remove()
    assert read_deletions(tmp_path) == [
        "delete --namespace=new --ignore-not-found --timeout=60s secret/a",
        "delete --ignore-not-found --timeout=60s namespace/new",
    ]


def test_keeps_what_was_there(journal: Journal, tmp_path: Path) -> None:
    journal.ensure("namespace", "here")
    journal.remove()
    assert read_deletions(tmp_path) == []


def test_removes_once(journal: Journal, tmp_path: Path) -> None:
    journal.create("namespace", "new")
    journal.remove()
    journal.remove()
    assert len(read_deletions(tmp_path)) == 1


def test_remembers_what_a_failing_command_created(journal: Journal, tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="Error from server: no"):
        journal.create("--filename=broken")
    journal.remove()
    assert read_deletions(tmp_path)[0].endswith(" configmap/first")


def test_refuses_what_exists(journal: Journal) -> None:
    journal.refuse_existing("namespace", "free")
    with pytest.raises(DemoError, match="already has namespace/here"):
        journal.refuse_existing("namespace", "here")
