from __future__ import annotations

import pytest

from roottrust.hub.pace import spread


@pytest.mark.parametrize(("share", "seconds"), [(0.0, 300.0), (0.5, 262.5), (1.0, 225.0)])
def test_a_time_is_shortened_by_a_quarter_at_most(share: float, seconds: float) -> None:
    assert spread(300.0, share=share) == seconds
