"""Which intermediates are revoked: those from before, and never one that may be in use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.certificate import Certificate
from roottrust.domain.names import build_intermediate_common_name
from roottrust.domain.rotation.revocation import (
    SETTLE_TIME,
    RevocationDecision,
    SignedIntermediate,
    decide_revocation,
    find_intermediate,
    find_trusted,
    is_settled,
)
from roottrust.domain.rotation.served_intermediates import ServedCluster
from roottrust.domain.rotation.unseen import SignedCertificate
from tests.unit.domain.authorities import make_root
from tests.unit.domain.certificates import NOW
from tests.unit.domain.rotation.served import AUTHORITY, NAME, ago, issue, serve, sign
from tests.unit.domain.samples import OTHER_ROOT, ROOT

NEW = issue(1)


def decide(
    *found: SignedIntermediate, served: ServedCluster, issued_before: datetime | None = None
) -> RevocationDecision:
    cut = issued_before or served.own_begin
    assert cut is not None
    return decide_revocation(found, served, cluster="cluster1", issued_before=cut, now=NOW)


def test_what_is_older_than_all_that_is_served_is_revoked_the_oldest_first() -> None:
    found = decide(sign(issue(5)), sign(NEW), sign(issue(9)), served=serve(NEW))
    assert [each.certificate for each in found.revoke] == [issue(9), issue(5)]
    assert (found.revoked, found.doubtful) == ((), ())


def test_what_is_revoked_is_counted_and_not_revoked_again() -> None:
    known = sign(issue(5), is_revoked=True)
    found = decide(known, served=serve(NEW))
    assert (found.revoke, found.revoked, found.left) == ((), (known,), ())


def test_replicas_have_one_each_and_the_oldest_of_them_parts_the_generations() -> None:
    between = issue(2)
    found = decide(sign(between), sign(issue(4)), served=serve(NEW, issue(3)))
    assert [each.certificate for each in found.revoke] == [issue(4)]
    assert between not in [each.certificate for each in found.all], "it may be of a new pod"


def test_what_an_agent_has_obtained_and_not_told_yet_is_younger_and_left_alone() -> None:
    fresh = sign(issue(0))
    assert decide(fresh, sign(NEW), served=serve(NEW)).all == ()


@pytest.mark.parametrize(
    "other",
    [
        issue(5, name=build_intermediate_common_name("cluster2")),
        issue(5, name=f"{NAME}0"),
        issue(5, name="stranger"),
    ],
)
def test_other_names_are_nobody_s_business(other: Certificate) -> None:
    assert decide(sign(other), served=serve(NEW)).all == ()


def test_what_has_ended_needs_no_revocation() -> None:
    assert decide(sign(issue(5, life=5)), served=serve(NEW)).all == ()


def test_the_moment_that_was_told_first_counts_however_late_it_is_done() -> None:
    renewed = issue(0, 1)
    found = decide(sign(issue(5)), sign(NEW), served=serve(renewed), issued_before=ago(1))
    assert [each.certificate for each in found.revoke] == [issue(5)], "not the one in between"


def test_what_may_be_in_use_by_istiods_of_other_policies_is_left_and_told() -> None:
    old = issue(6)
    found = decide(sign(issue(3)), sign(old), sign(issue(8)), served=serve(NEW, others=(old,)))
    assert [each.certificate for each in found.revoke] == [issue(8)]
    assert [each.certificate for each in found.doubtful] == [issue(3)]


def test_only_intermediates_are_found() -> None:
    leaf = AUTHORITY.issue("workload", is_ca=False, path_length=None)
    for pem in (ROOT.pem, leaf.pem, "nonsense", ""):
        assert find_intermediate(SignedCertificate(serial="01", pem=pem)) is None
    nameless = AUTHORITY.issue("")
    assert find_intermediate(SignedCertificate(serial="01", pem=nameless.pem)) is None
    known = find_intermediate(SignedCertificate(serial="01", pem=NEW.pem, is_revoked=True))
    assert known is not None
    assert (known.serial, known.common_name, known.is_revoked) == ("01", NAME, True)


def test_agents_have_some_time_to_tell_what_they_have() -> None:
    assert not is_settled(NOW - SETTLE_TIME + timedelta(seconds=1), now=NOW)
    assert is_settled(NOW - SETTLE_TIME, now=NOW)


def test_only_what_a_root_in_use_has_signed_is_trusted() -> None:
    stranger = make_root("Root").issue(NAME)
    found = find_intermediate(SignedCertificate(serial="09", pem=stranger.pem))
    assert found is not None
    assert find_trusted([found, sign(NEW)], [ROOT, OTHER_ROOT]) == (sign(NEW),)
    assert find_trusted([sign(NEW)], []) == ()


DAYS = st.integers(0, 12)


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """What is told, what the mount has, and by fingerprint what istiods may really have."""

    served: ServedCluster
    found: list[SignedIntermediate]
    usable: frozenset[str]


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    """Istiods of two policies: each has obtained some, and not told the last ones perhaps."""
    served: list[list[Certificate]] = [[], []]
    signed: list[Certificate] = []
    usable: list[Certificate] = []
    for pod in range(draw(st.integers(1, 4))):
        made = sorted(draw(st.lists(DAYS, min_size=1, max_size=3, unique=True)), reverse=True)
        history = [issue(each, pod) for each in made]
        told = draw(st.integers(0, len(history) - 1))
        group = 0 if pod == 0 else draw(st.integers(0, 1))
        served[group].append(history[told])
        usable += history[told:]
        signed += history
    revoked = draw(st.sets(st.sampled_from(signed)))
    return Fleet(
        served=serve(*served[0], others=tuple(served[1])),
        found=draw(st.permutations([sign(each, is_revoked=each in revoked) for each in signed])),
        usable=frozenset(each.fingerprint for each in usable),
    )


@given(fleets())
def test_nothing_that_may_be_in_use_is_ever_revoked(fleet: Fleet) -> None:
    decision = decide(*fleet.found, served=fleet.served)
    wanted = {each.certificate.fingerprint for each in decision.revoke}
    assert not wanted & fleet.usable
    begin = fleet.served.own_begin
    assert begin is not None
    old = {
        each.certificate.fingerprint
        for each in fleet.found
        if each.certificate.not_before < begin
        and each.certificate.fingerprint not in fleet.served.in_use
    }
    assert {each.certificate.fingerprint for each in decision.all} == old, "and nothing is missed"


@given(fleets())
def test_what_was_revoked_is_not_to_be_revoked_again(fleet: Fleet) -> None:
    served, found = fleet.served, fleet.found
    decision = decide(*found, served=served)
    done = [replace(each, is_revoked=each.is_revoked or each in decision.revoke) for each in found]
    again = decide(*done, served=served)
    assert again.revoke == ()
    assert len(again.revoked) == len(decision.revoked) + len(decision.revoke)
    assert again.doubtful == decision.doubtful
    assert decide(*reversed(found), served=served) == decision, "whatever the order"
