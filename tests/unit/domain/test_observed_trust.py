from __future__ import annotations

from roottrust.domain.served_namespaces import ServedNamespaces
from tests.unit.domain.observations import OTHER, ROOT, SELF_MADE, build_trust, publish

NAMES = ("a", "b", "c")


def test_a_namespace_is_in_sync_if_it_has_the_pinned_text() -> None:
    trust = build_trust(
        served=ServedNamespaces(names=NAMES),
        bundles={"a": ROOT.text_fingerprint, "b": OTHER.text_fingerprint, "z": "other"},
    )
    assert (trust.counted, trust.stale) == (NAMES, ("b", "c"))


def test_without_a_pinned_text_what_istiods_own_namespace_has_counts() -> None:
    bundles = {"a": OTHER.text_fingerprint, "b": ROOT.text_fingerprint}
    served = ServedNamespaces(names=("a", "b"))
    trust = build_trust(pinned=None, published=OTHER, served=served, bundles=bundles)
    assert trust.stale == ("b",)


def test_where_nothing_is_known_to_be_right_all_are_stale() -> None:
    trust = build_trust(pinned=None, published=None)
    assert trust.stale == trust.counted == ("default", "istio-system")


def test_a_young_namespace_without_roots_does_not_count_yet() -> None:
    served = ServedNamespaces(names=NAMES, young=frozenset({"b", "c"}))
    bundles = {"a": ROOT.text_fingerprint, "b": ROOT.text_fingerprint}
    trust = build_trust(served=served, bundles=bundles)
    assert (trust.counted, trust.stale, trust.is_waiting) == (("a", "b"), (), True)


def test_a_young_namespace_with_other_roots_is_stale() -> None:
    served = ServedNamespaces(names=("a",), young=frozenset({"a"}))
    trust = build_trust(served=served, bundles={"a": OTHER.text_fingerprint})
    assert (trust.stale, trust.is_waiting) == (("a",), False)


def test_an_istiod_signs_by_itself_if_it_publishes_a_root_that_it_made() -> None:
    assert build_trust(published=SELF_MADE).is_self_signed is True
    assert build_trust(published=ROOT).is_self_signed is False
    assert build_trust(published=OTHER).is_self_signed is False


def test_what_is_pinned_is_never_called_self_signed() -> None:
    pinned = SELF_MADE.text_fingerprint
    assert build_trust(published=SELF_MADE, pinned=pinned).is_self_signed is False


def test_whether_it_signs_by_itself_is_unknown_while_nothing_can_be_read() -> None:
    assert build_trust(published=None).is_self_signed is None
    assert build_trust(published=publish("nonsense")).is_self_signed is None
