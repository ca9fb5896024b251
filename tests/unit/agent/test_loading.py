from __future__ import annotations

from dataclasses import replace

import pytest

from roottrust.agent.istiod_probe import ProbeResult, Serving
from roottrust.agent.loading import PATIENCE_SECONDS, QUICK_SECONDS, SURE_SECONDS, Loading
from roottrust.domain.certificate import parse_certificate
from roottrust.domain.instance_report import Held
from tests.unit.domain.certificates import NOW, build_pem

HELD = Held(
    certificate=parse_certificate(build_pem()),
    issuer_fingerprint="",
    chain="",
    trust_bundle="",
    intermediate_generation=1,
    next_renewal=NOW,
)
OTHER = replace(HELD, certificate=parse_certificate(build_pem()))


class Istiod:
    """What istiod serves, a clock, and how often it was asked."""

    def __init__(self) -> None:
        self.serving = Serving.NOTHING
        self.now = 0.0
        self.asked = 0

    def probe(self, _: Held) -> ProbeResult:
        self.asked += 1
        return ProbeResult(serving=self.serving, message="why")


@pytest.fixture
def istiod() -> Istiod:
    return Istiod()


@pytest.fixture
def loading(istiod: Istiod) -> Loading:
    return Loading(istiod.probe, clock=lambda: istiod.now)


def test_istiod_that_starts_is_asked_often_and_not_complained_of(
    loading: Loading, istiod: Istiod
) -> None:
    loading.look(HELD)
    assert (loading.is_loaded, loading.problem) == (None, None)
    assert loading.seconds_left == QUICK_SECONDS
    istiod.now = PATIENCE_SECONDS * 10
    loading.look(HELD)
    assert (loading.is_loaded, loading.problem) == (None, None)


def test_loaded_one_is_asked_for_seldom(loading: Loading, istiod: Istiod) -> None:
    istiod.serving = Serving.THIS
    loading.look(HELD)
    loading.look(HELD)
    assert (loading.is_loaded, istiod.asked, loading.seconds_left) == (True, 1, SURE_SECONDS)


def test_another_ca_is_a_problem_after_a_while(loading: Loading, istiod: Istiod) -> None:
    istiod.serving = Serving.OLDER
    loading.look(HELD)
    assert (loading.is_loaded, loading.problem) == (None, None)
    istiod.now = PATIENCE_SECONDS
    loading.look(HELD)
    assert loading.is_loaded is False
    assert loading.problem == "why"
    istiod.serving, istiod.now = Serving.THIS, PATIENCE_SECONDS * 2
    loading.look(HELD)
    assert (loading.is_loaded, loading.problem) == (True, None)


def test_new_intermediate_is_asked_for_at_once(loading: Loading, istiod: Istiod) -> None:
    istiod.serving = Serving.THIS
    loading.look(HELD)
    istiod.serving = Serving.OLDER
    loading.look(OTHER)
    assert (loading.is_loaded, istiod.asked) == (None, 2)


def test_istiod_that_is_away_has_loaded_what_it_had_loaded(
    loading: Loading, istiod: Istiod
) -> None:
    istiod.serving = Serving.THIS
    loading.look(HELD)
    istiod.serving, istiod.now = Serving.NOTHING, SURE_SECONDS
    loading.look(HELD)
    assert (loading.is_loaded, loading.problem) == (True, None)


def test_istiod_that_falls_back_is_a_problem_at_once(loading: Loading, istiod: Istiod) -> None:
    istiod.serving = Serving.THIS
    loading.look(HELD)
    istiod.serving, istiod.now = Serving.OLDER, SURE_SECONDS
    loading.look(HELD)
    assert loading.is_loaded is False
