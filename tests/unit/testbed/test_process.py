"""A process is known by its id and its start time."""

import os
import signal
from pathlib import Path

import pytest

from testbed import process
from testbed.process import Identity


def fake_process(
    proc: Path, pid: int, *, started: int, state: str = "S", name: str = "sh", threads: int = 1
) -> None:
    boot = proc / "sys/kernel/random/boot_id"
    boot.parent.mkdir(parents=True, exist_ok=True)
    boot.write_text("boot-1\n")
    (proc / str(pid)).mkdir(exist_ok=True)
    fields = [state, *["0"] * 16, str(threads), "0", str(started), "0"]
    (proc / str(pid) / "stat").write_text(f"{pid} ({name}) {' '.join(fields)}\n")


def test_a_reused_id_is_another_process(tmp_path: Path) -> None:
    fake_process(tmp_path, 4242, started=100)
    identity = Identity.of(4242, tmp_path)
    assert identity == Identity(4242, 100, "boot-1")
    assert identity.is_running(tmp_path)
    fake_process(tmp_path, 4242, started=101)
    assert not identity.is_running(tmp_path)


def test_the_same_id_and_ticks_after_a_reboot_are_another_process(tmp_path: Path) -> None:
    fake_process(tmp_path, 4242, started=100)
    assert not Identity(4242, 100, "boot-0").is_running(tmp_path)


@pytest.mark.parametrize("name", ["a b", "x) R 1 (y", ")"])
def test_a_name_may_hold_any_character(tmp_path: Path, name: str) -> None:
    fake_process(tmp_path, 7, started=5, name=name)
    assert Identity.of(7, tmp_path) == Identity(7, 5, "boot-1")


def test_zombies_and_absent_processes_do_not_run(tmp_path: Path) -> None:
    fake_process(tmp_path, 7, started=5, state="Z")
    assert Identity.of(7, tmp_path) is None
    assert Identity.of(8, tmp_path) is None


def test_a_process_runs_until_its_last_thread_has_ended(tmp_path: Path) -> None:
    fake_process(tmp_path, 7, started=5, state="Z", threads=3)
    assert Identity.of(7, tmp_path) == Identity(7, 5, "boot-1")


def test_another_process_with_the_id_gets_no_signal() -> None:
    own = Identity.of(os.getpid())
    assert own is not None
    Identity(own.pid, own.started + 1, own.boot).send(signal.SIGKILL)
    Identity(own.pid, own.started, "another boot").send(signal.SIGKILL)


def test_a_program_starts_only_after_it_was_recorded(tmp_path: Path) -> None:
    recorded: list[Identity] = []
    marker = tmp_path / "ran"

    def record(identity: Identity) -> None:
        assert not marker.exists()
        recorded.append(identity)

    script = f"echo hello; : > {marker}; exec sleep 60"
    log = tmp_path / "log"
    identity = process.spawn(["sh", "-c", script], log=log, environment={}, record=record)
    while not marker.exists():
        assert identity.is_running()
    assert recorded == [identity]
    assert log.read_text() == "hello\n"
    process.end([identity], grace_seconds=5)
    assert not identity.is_running()


def test_a_program_whose_record_fails_never_runs(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    seen: list[Identity] = []

    def fail(identity: Identity) -> None:
        seen.append(identity)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        process.spawn(["touch", str(marker)], log=tmp_path / "log", environment={}, record=fail)
    while seen[0].is_running():
        pass
    assert not marker.exists()


def test_what_ignores_the_polite_signal_is_killed(tmp_path: Path) -> None:
    marker = tmp_path / "ready"
    script = f"trap '' TERM; : > {marker}; while :; do sleep 1; done"
    identity = process.spawn(
        ["sh", "-c", script], log=tmp_path / "log", environment={}, record=lambda _: None
    )
    while not marker.exists():
        assert identity.is_running()
    process.end([identity], grace_seconds=0.05)
    assert not identity.is_running()
