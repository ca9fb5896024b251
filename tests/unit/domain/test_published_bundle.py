from __future__ import annotations

import pytest

from roottrust.domain.published_bundle import read_published
from roottrust.domain.trust_bundle import fingerprint_text
from tests.unit.domain.observations import (
    OTHER,
    ROOT,
    SELF_MADE,
    build_root_pem,
    build_self_made_pem,
    publish,
)


def test_roots_are_told_in_their_order_and_by_their_very_text() -> None:
    text = build_root_pem() + build_root_pem("Other")
    published = publish(text)
    assert published.roots == ROOT.roots + OTHER.roots
    assert published.text_fingerprint == fingerprint_text(text)
    assert publish(text + "\n").text_fingerprint != published.text_fingerprint


@pytest.mark.parametrize("config_map", [None, {}, {"data": None}, {"data": {"root-cert.pem": ""}}])
def test_nothing_is_nothing(config_map: dict[str, object] | None) -> None:
    assert read_published(config_map) is None


def test_what_is_no_roots_says_why() -> None:
    published = publish("nonsense")
    assert (published.roots, published.trouble) == ((), "It holds no certificate in PEM form.")


def test_one_root_that_istiod_made_is_enough() -> None:
    assert SELF_MADE.is_istiods_own
    assert publish(build_root_pem() + build_self_made_pem()).is_istiods_own
    assert not ROOT.is_istiods_own
