from __future__ import annotations

import pytest

from roottrust.domain.backoff import LIMIT_SECONDS, get_backoff_seconds


@pytest.mark.parametrize(("failures", "longest"), [(1, 1), (2, 2), (4, 8), (9, 256), (10, 300)])
def test_wait_doubles_up_to_five_minutes(failures: int, longest: float) -> None:
    assert get_backoff_seconds(failures, share=0) == longest / 2
    assert get_backoff_seconds(failures, share=1) == longest


def test_no_number_of_failures_is_too_many() -> None:
    assert get_backoff_seconds(10**9, share=1) == LIMIT_SECONDS
