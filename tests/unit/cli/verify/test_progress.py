"""Progress is for people at a terminal."""

from __future__ import annotations

import pytest

from roottrust.cli.verify.progress import Progress


def test_a_terminal_shows_what_is_being_done_and_is_clean_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    progress = Progress()
    with progress.step("one"), progress.step("two"):
        pass
    shown = capsys.readouterr()
    assert shown.out == ""
    clear = "\r\033[K"
    assert shown.err == f"{clear}one …{clear}two (and 1 more) …{clear}one …{clear}"


def test_a_pipeline_sees_nothing_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress().step("one"):
        pass
    assert capsys.readouterr().err == ""
