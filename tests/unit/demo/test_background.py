"""What goes on beside the story gives its result or its failure, and ends with the story."""

from __future__ import annotations

import sys
import time

import pytest

from demo.background import Background
from testbed import CommandError, TestbedError, command


def test_gives_its_result() -> None:
    assert Background(lambda: 42).result() == 42


def test_gives_its_failure() -> None:
    begun = Background(lambda: command.run([sys.executable, "-c", "raise SystemExit(3)"]))
    with pytest.raises(CommandError, match="exit code 3"):
        begun.result()


def test_ends_with_the_program_that_it_runs() -> None:
    words = [sys.executable, "-c", "import time; time.sleep(60)"]
    begun = Background(lambda: command.run(words))
    time.sleep(0.3)
    Background.stop_all()
    with pytest.raises(TestbedError, match="stopped"):
        begun.result()
    assert Background(lambda: command.run([sys.executable, "--version"])).result()
