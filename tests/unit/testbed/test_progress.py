"""What a log file shows while a testbed is coming up."""

import io
import time

import pytest

from testbed.progress import Progress, duration


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (1.26, "1.3 s"), (9.9, "9.9 s"), (212.4, "212 s")]
)
def test_durations_read_naturally(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_step_shows_its_beginning_and_its_end() -> None:
    stream = io.StringIO()
    with Progress(stream).step("building etcd 3.6.5", "etcd 3.6.5 built"):
        pass
    assert stream.getvalue() == "… building etcd 3.6.5\n✓ etcd 3.6.5 built in 0.0 s\n"


def test_a_long_step_shows_a_heartbeat() -> None:
    stream = io.StringIO()
    with Progress(stream, heartbeat=0.001).step("building kubelet"):
        while "so far" not in stream.getvalue():
            time.sleep(0.001)
    assert "… building kubelet: 0.0 s so far\n" in stream.getvalue()


def test_a_failed_step_claims_no_success() -> None:
    stream = io.StringIO()
    with pytest.raises(OSError, match="broken"), Progress(stream).step("building etcd"):
        raise OSError("broken")
    assert stream.getvalue() == "… building etcd\n"


def test_a_quiet_step_says_nothing_in_a_log() -> None:
    stream = io.StringIO()
    with Progress(stream).step("checking c1", quiet=True):
        pass
    assert stream.getvalue() == ""


def test_a_stream_that_was_exchanged_and_closed_stops_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As pytest's, once a run of tests is interrupted: what it started has to be taken down."""
    begun, now = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stderr", begun)
    progress = Progress()
    begun.close()
    monkeypatch.setattr("sys.stderr", now)
    with progress.step("taking c1 down"):
        pass
    assert now.getvalue().startswith("… taking c1 down\n")
