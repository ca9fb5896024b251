from __future__ import annotations

import pytest

from roottrust.domain.trust_restart import find_first_sight, is_restart_due
from tests.unit.domain.observations import OTHER, ROOT, build_root_pem, build_trust, publish

HERE, ELSEWHERE = (ROOT.roots[0].fingerprint,), (OTHER.roots[0].fingerprint,)
BOTH = publish(build_root_pem() + build_root_pem("Other"))


def test_a_changed_root_asks_for_restarts() -> None:
    assert is_restart_due(build_trust(), ELSEWHERE)
    both = build_trust(published=BOTH, pinned=BOTH.text_fingerprint)
    assert is_restart_due(both, HERE)


def test_nothing_is_asked_for_where_nothing_has_changed() -> None:
    assert not is_restart_due(build_trust(), HERE)


def test_another_text_or_order_of_the_same_roots_is_no_change() -> None:
    text = publish(build_root_pem() + "\n")
    assert not is_restart_due(build_trust(published=text, pinned=text.text_fingerprint), HERE)
    both = build_trust(published=BOTH, pinned=BOTH.text_fingerprint)
    assert not is_restart_due(both, ELSEWHERE + HERE)


@pytest.mark.parametrize("changes", [{"published": None}, {"pinned": None}, {"published": OTHER}])
def test_nothing_is_asked_for_before_istiod_publishes_what_is_pinned(
    changes: dict[str, object],
) -> None:
    assert not is_restart_due(build_trust(**changes), ELSEWHERE)


def test_at_first_sight_what_is_published_is_right() -> None:
    assert not is_restart_due(build_trust(), ())
    assert find_first_sight(build_trust(), ()) == HERE
    assert find_first_sight(build_trust(published=None), ()) == ()
    assert find_first_sight(build_trust(), ELSEWHERE) == ELSEWHERE
