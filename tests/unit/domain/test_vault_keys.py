from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.vault_keys import (
    UNUSED_SECONDS,
    KeyCount,
    MountKeys,
    decide_keys,
    tell_keys,
)

NAMES = ("a", "b", "c", "d")
WARNING = "KeyGeneratedInVault: csrPath has Vault make the keys."
MOUNTS = st.builds(
    MountKeys,
    keys=st.lists(st.sampled_from(NAMES), unique=True).map(tuple),
    used=st.frozensets(st.sampled_from(NAMES)),
)
TIMES = st.floats(min_value=0, max_value=1e9)


def describe(**counts: KeyCount) -> str:
    (told,) = tell_keys([WARNING], counts, before=())
    return told.removesuffix(" Leave csrPath out, and istiod's agent makes them in its pod.")


@given(found=MOUNTS, seen=st.dictionaries(st.sampled_from(NAMES), TIMES), now=TIMES)
def test_only_unused_keys_that_were_seen_long_ago_are_removed(
    found: MountKeys, seen: dict[str, float], now: float
) -> None:
    decision = decide_keys(found, seen_at=seen, now=now, unused_seconds=UNUSED_SECONDS)
    assert set(decision.seen_at) == set(found.keys)
    assert set(decision.remove) <= set(found.keys) - found.used
    for key in decision.remove:
        assert now - seen[key] >= UNUSED_SECONDS
    left = MountKeys(
        keys=tuple(key for key in found.keys if key not in decision.remove), used=found.used
    )
    again = decide_keys(left, seen_at=decision.seen_at, now=now, unused_seconds=UNUSED_SECONDS)
    assert again.remove == ()


def test_a_key_has_its_time_from_when_it_was_seen_first() -> None:
    found = MountKeys(keys=("a", "b", "c"), used=frozenset({"c"}))
    first = decide_keys(found, seen_at={"gone": 0.0}, now=100, unused_seconds=600)
    assert (first.remove, first.seen_at) == ((), {"a": 100, "b": 100, "c": 100})
    seen = {**first.seen_at, "b": 101.0}
    assert decide_keys(found, seen_at=seen, now=700, unused_seconds=600).remove == ("a",)


@given(found=MOUNTS, confirmed=st.frozensets(st.sampled_from(NAMES)))
def test_a_key_that_its_agent_has_goes_at_once_unless_an_issuer_signs_with_it(
    found: MountKeys, confirmed: frozenset[str]
) -> None:
    decision = decide_keys(
        found, seen_at={}, now=0, unused_seconds=UNUSED_SECONDS, confirmed=confirmed
    )
    assert set(decision.remove) == (set(found.keys) & confirmed) - found.used


def test_a_login_has_ended_when_its_keys_are_removed() -> None:
    assert UNUSED_SECONDS == 600


def test_numbers_are_told_in_the_warning_alone() -> None:
    others = ("Vault is named by http://.", WARNING)
    told = tell_keys(others, {"pki_int_a": KeyCount(kept=3)}, before=())
    assert told[0] == others[0]
    assert describe(pki_int_a=KeyCount(kept=3)) == (
        "KeyGeneratedInVault: csrPath has Vault make the keys of intermediates. 3 in pki_int_a "
        "now; what an agent is seen to have is removed, and what nobody can use any more after 10 "
        "minutes."
    )
    assert tell_keys(others[:1], {"pki_int_a": KeyCount(kept=3)}, before=()) == others[:1]


def test_before_the_first_pass_it_is_told_as_before() -> None:
    before = ("x", "KeyGeneratedInVault: 3 in pki_int_a.")
    assert tell_keys([WARNING], {}, before=before) == before[1:]
    assert tell_keys([WARNING], {}, before=()) == (WARNING,)


def test_mounts_of_others_and_troubles_are_told_apart() -> None:
    count = {name: KeyCount(kept=1) for name in ("e", "d", "c", "b")}
    denied = KeyCount(trouble="Vault denied list on x/keys: grant it.")
    told = describe(**count, o=KeyCount(kept=2, is_ours=False), x=denied, y=denied)
    assert told == (
        "KeyGeneratedInVault: csrPath has Vault make the keys of intermediates. 4 in b, c, d and 1 "
        "more now; what an agent is seen to have is removed, and what nobody can use any more "
        "after 10 minutes. Vault denied list on "
        "x/keys: grant it. 2 in o now; roottrust removes none there: do it once nobody uses them."
    )
    assert "now" not in describe(x=denied)
