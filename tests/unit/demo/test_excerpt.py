"""The demo leaves out of long output what nobody reads while it passes."""

from __future__ import annotations

from demo.excerpt import read_messages


def test_reads_messages_of_a_log() -> None:
    log = '{"message": "Issued: it is there", "level": "INFO"}\nTraceback\n["x"]\n'
    assert read_messages(log) == 'Issued: it is there\nTraceback\n["x"]'
