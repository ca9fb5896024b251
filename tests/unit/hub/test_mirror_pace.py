from __future__ import annotations

from roottrust.hub.mirror_pace import (
    MESH_SECONDS,
    WRITES_MAX,
    WRITES_PER_SECOND,
    MirrorPace,
)
from tests.unit.runtime.conftest import FakeTimer


async def test_one_mirror_is_written_every_few_seconds() -> None:
    timer = FakeTimer()
    pace = MirrorPace(timer=timer)
    assert pace.may_write("a", cost=2)
    pace.note("a", cost=2)
    assert not pace.may_write("a", cost=1)
    assert pace.may_write("b", cost=1)
    await timer.advance(MESH_SECONDS)
    assert pace.may_write("a", cost=1)


async def test_a_whole_cluster_is_written_at_once_and_what_goes_on_is_not() -> None:
    timer = FakeTimer()
    pace = MirrorPace(timer=timer)
    written = 0
    for number in range(10_000):
        if pace.may_write(f"m{number}", cost=2):
            pace.note(f"m{number}", cost=2)
            written += 2
    assert written == WRITES_MAX > 200
    await timer.advance(1 / WRITES_PER_SECOND)
    assert not pace.may_write("new", cost=2)
    await timer.advance(1 / WRITES_PER_SECOND)
    assert pace.may_write("new", cost=2)
    await timer.advance(10 * WRITES_MAX / WRITES_PER_SECOND)
    pace.note("new", cost=int(WRITES_MAX))
    assert not pace.may_write("newer", cost=1), "no more is saved up than that"
