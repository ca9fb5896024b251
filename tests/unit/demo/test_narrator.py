"""What is told elsewhere is told briefly: only what is as it should be."""

from __future__ import annotations

import io

from rich.console import Console

from demo.narrator import Narrator


def test_tells_briefly_for_a_while() -> None:
    file = io.StringIO()
    narrator = Narrator(Console(file=file, width=80))
    with narrator.briefly():
        narrator.say("why")
        narrator.command(("kubectl", "get"))
        narrator.output("found")
        narrator.good("It is there.")
    narrator.say("after")
    assert file.getvalue() == "✓ It is there.\nafter\n"


def test_a_line_beside_what_is_told_has_its_time() -> None:
    file = io.StringIO()
    Narrator(Console(file=file, width=80)).beside("waits", seconds=12.4)
    assert file.getvalue() == "  12 s │ waits\n"
