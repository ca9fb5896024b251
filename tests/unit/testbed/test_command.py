"""Programs get what they are given and their words are heard."""

from __future__ import annotations

import sys

import pytest

from testbed.command import CommandError, run

# It reads nothing until the first wait for its end is over.
LATE_READER = "import sys, time; time.sleep(0.5); print(len(sys.stdin.read()))"


@pytest.mark.parametrize("length", [0, 1, 5_000_000])
def test_all_input_arrives_however_late_it_is_read(length: int) -> None:
    output = run([sys.executable, "-c", LATE_READER], input="x" * length, seconds=20)
    assert output == f"{length}\n"


def test_without_input_there_is_none() -> None:
    assert run([sys.executable, "-c", "import sys; print(sys.stdin.read())"]) == "\n"


def test_a_failure_has_the_programs_own_words() -> None:
    with pytest.raises(CommandError, match="exit code 3: no such thing"):
        run([sys.executable, "-c", "import sys; print('no such thing'); sys.exit(3)"])


def test_takes_out_of_the_environment_what_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_PERSONS_OWN", "1")
    program = "import os; print(os.environ.get('A_PERSONS_OWN'), os.environ['OTHER'])"
    environment = {"A_PERSONS_OWN": None, "OTHER": "2"}
    assert run([sys.executable, "-c", program], environment=environment) == "None 2\n"
