"""Things done at once stop together."""

from collections.abc import Iterator

import pytest

from testbed import interrupt
from testbed.errors import Interrupted
from testbed.parallel import run_together


@pytest.fixture(autouse=True)
def no_stop_requested() -> Iterator[None]:
    interrupt.reset()
    yield
    interrupt.reset()


def test_all_tasks_run() -> None:
    done: list[str] = []
    run_together({name: lambda name=name: done.append(name) for name in ("a", "b")})
    assert sorted(done) == ["a", "b"]


def test_a_failure_stops_the_others_and_is_the_one_that_is_raised() -> None:
    stopped: list[str] = []

    def fail() -> None:
        raise OSError("broken")

    def wait() -> None:
        try:
            interrupt.sleep(60)
        except Interrupted:
            stopped.append("other")
            raise

    with pytest.raises(OSError, match="broken"):
        run_together({"waiting": wait, "failing": fail})
    assert stopped == ["other"]


def test_nothing_to_do_is_fine() -> None:
    run_together({})


def test_a_wait_that_fails_says_so() -> None:
    assert interrupt.wait_until(lambda: True, seconds=0)
    assert not interrupt.wait_until(lambda: False, seconds=0)
