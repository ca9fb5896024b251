"""Files made from the models are committed as they are made."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from roottrust.api import crdgen, refgen
from roottrust.api.generated import find_stale, run

REPOSITORY = Path(__file__).parents[3]


def generate(directory: Path, *arguments: str, files: dict[str, str]) -> int:
    return run([*arguments, str(directory)], files=files, program="roottrust.x", default="x")


def test_crds_are_up_to_date() -> None:
    assert find_stale(REPOSITORY / "crds", crdgen.render_crds()) == []


def test_reference_is_up_to_date() -> None:
    assert find_stale(REPOSITORY / "docs/reference", refgen.render_pages()) == []


def test_nothing_else_lies_among_the_crds() -> None:
    """The folder is applied as a whole; a kind that was renamed must not stay in it."""
    assert {path.name for path in (REPOSITORY / "crds").iterdir()} == set(crdgen.render_crds())


def test_crds_are_rendered_alike_each_time() -> None:
    assert crdgen.render_crds() == crdgen.render_crds()


@pytest.mark.parametrize("text", crdgen.render_crds().values(), ids=crdgen.render_crds())
def test_crds_are_read_back_as_they_were_built(text: str) -> None:
    crd = yaml.safe_load(text)
    (kind,) = [kind for kind in crdgen.KINDS if kind.name == crd["metadata"]["name"]]
    assert crd == crdgen.build_crd(kind)
    assert "&id" not in text


def test_check_passes_what_was_just_written(tmp_path: Path) -> None:
    files = {"a.yaml": "a: 1\n", "b.yaml": "b: 1\n"}
    assert generate(tmp_path / "new", files=files) == 0
    assert generate(tmp_path / "new", "--check", files=files) == 0


def test_check_shows_what_is_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_text("a: 1\nb: 2\n")
    assert generate(tmp_path, "--check", files={"a.yaml": "a: 1\nb: 3\n"}) == 1
    printed = capsys.readouterr()
    assert "-b: 2\n+b: 3\n" in printed.out
    assert printed.err == f"{tmp_path} is out of date: run python -m roottrust.x\n"
    assert (tmp_path / "a.yaml").read_text() == "a: 1\nb: 2\n"


def test_check_shows_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate(tmp_path, "--check", files={"a.yaml": "a: 1\n"}) == 1
    assert "+a: 1\n" in capsys.readouterr().out


def test_page_tells_fields_rules_and_refusals() -> None:
    page = refgen.render_pages()["roottrustpolicy.md"]
    assert "| `config.agentCa.vault.server` | string (≤ 512) | required | Vault's address" in page
    assert "| `config.restartOn` | `RootChange` or `Issuance` | `RootChange` |" in page
    assert "| `rotation.rootGeneration` | integer (1 to 1000000) | `1` |" in page
    rules, refused = page.index("### Rules"), page.index("### Refused")
    assert rules < page.index("must be literal: one root signs for every cluster") < refused
    assert refused < page.index("| `config.mgmtServerCa` | mgmtServerCa is not supported")
    assert "config.mgmtServerCa.generated" not in page
