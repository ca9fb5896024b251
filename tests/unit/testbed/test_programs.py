"""Programs are started, stopped, started again, and tell why they failed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.programs import ProgramError, Programs, tail


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    programs = Programs(tmp_path / "c1")
    yield programs
    programs.end_all(grace_seconds=0)


def test_a_stopped_program_is_started_again_as_before(programs: Programs) -> None:
    programs.start("server", ["sleep", "60"], {"COLOUR": "blue"})
    first = programs.pid("server")
    programs.stop("server")
    assert programs.pid("server") is None
    programs.restart("server")
    second = programs.pid("server")
    assert second not in (None, first)
    programs.restart("server")
    assert programs.pid("server") == second


def test_another_command_finds_what_an_earlier_one_started(
    programs: Programs, tmp_path: Path
) -> None:
    programs.start("server", ["sleep", "60"])
    later = Programs(tmp_path / "c1")
    assert later.names() == ["server"]
    assert later.pid("server") == programs.pid("server")


def test_a_paused_program_ends(programs: Programs) -> None:
    programs.start("server", ["sleep", "60"])
    programs.pause("server")
    assert programs.is_running("server")
    programs.stop("server")
    assert not programs.is_running("server")


def test_a_program_that_ends_by_itself_shows_its_log(programs: Programs) -> None:
    programs.start("server", ["sh", "-c", "echo no such flag; exit 1"])
    with pytest.raises(ProgramError, match=r"c1: server ended by itself; .*\nno such flag"):
        programs.wait_until(lambda: False, "server", "does not answer", every=0.001)


def test_waiting_in_vain_shows_the_log(programs: Programs) -> None:
    programs.start("server", ["sh", "-c", "echo still thinking; exec sleep 60"])
    with pytest.raises(ProgramError, match="server does not answer after 0 s"):
        programs.wait_until(lambda: False, "server", "does not answer", seconds=0)


def test_an_unknown_part_is_named_with_the_known_ones(programs: Programs) -> None:
    programs.start("etcd", ["sleep", "60"])
    with pytest.raises(TestbedError, match="no part kubelet here; the parts are: etcd"):
        programs.stop("kubelet")


def test_the_tail_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert tail(log) == ""
    log.write_text("".join(f"{number}\n" for number in range(30)))
    assert tail(log, 2) == "28\n29"
