"""What is told of a revocation: how far it is, what a person has to do, and what it does not do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from roottrust.api.compromised_intermediates import CompromisedIntermediates
from roottrust.domain.moment import show_time
from roottrust.domain.reasons import Reason
from roottrust.domain.rotation.revocation import RevocationDecision, SignedIntermediate
from roottrust.domain.rotation.revocation_report import (
    CompromiseOrder,
    Obstacle,
    is_over,
    tell_decision,
    tell_done,
    tell_doubtful,
    tell_hindrance,
    tell_refused,
    tell_waiting,
)
from roottrust.domain.rotation.revocation_transition import list_revocation_transitions
from tests.unit.domain.authorities import DAY
from tests.unit.domain.certificates import NOW
from tests.unit.domain.rotation.served import issue, sign
from tests.unit.domain.samples import OTHER_ROOT, ROOT

ORDER = CompromiseOrder(cluster="cluster1", generation=3, mount="pki", owner="gloo-mesh/fleet")
WAIT = Obstacle(message="istiod is waited for.")
MARK = "pki/ does not carry roottrust's mark"
OLD, OLDER = sign(issue(5)), sign(issue(9))
ENDS_AT = OLD.certificate.not_after
TRUTH = (
    f"Revoked or not, peers go on trusting what they sign until {show_time(ENDS_AT)}, or until the "
    "root is replaced (`roottrust rotate root gloo-mesh/fleet --compromised`): istiod is given no "
    "CRL."
)


def tell(
    *left: SignedIntermediate,
    revoked: tuple[SignedIntermediate, ...] = (),
    obstacle: Obstacle | None = None,
    roots: Any = (ROOT,),
    now: datetime = NOW,
) -> CompromisedIntermediates:
    decision = RevocationDecision(revoke=left, revoked=revoked)
    return tell_decision(
        ORDER, decision, issued_before=NOW - DAY, roots=roots, obstacle=obstacle, now=now
    )


def test_before_anything_is_known_it_says_what_will_not_be_distrusted() -> None:
    told = tell_waiting(ORDER, WAIT)
    assert told.message.startswith(
        "Intermediates of cluster1 below generation 3 are compromised, and are not revoked yet: "
        "istiod is waited for. Revoked or not, peers go on trusting what they sign until they end"
    )
    assert (told.needs_person, told.revoked_at, told.trusted_until) == (False, None, None)


def test_what_is_not_distrusted_is_told_however_long_the_rest_is() -> None:
    told = tell(OLD, obstacle=Obstacle(message=2000 * "x"))
    assert told.message.endswith(TRUTH)
    assert len(told.message) < 1024
    everywhere = CompromiseOrder(cluster="c", generation=3, mount="m" * 500, owner="o" * 250)
    bounded = tell_waiting(everywhere, Obstacle(message=2000 * "x"))
    assert len(bounded.message) <= 1024


def test_what_is_done_says_until_when_peers_trust_nevertheless() -> None:
    told = tell(revoked=(OLD, OLDER))
    assert told.message == (
        f"Intermediates of cluster1 below generation 3: 2 are revoked in pki/. {TRUTH}"
    )
    assert (told.revoked, told.left, told.revoked_at) == (2, 0, NOW)
    assert (told.trusted_until, told.root) == (ENDS_AT, ROOT.fingerprint)
    assert not is_over(told, root=ROOT.fingerprint, now=NOW)


def test_what_is_in_the_way_is_told_with_what_is_known() -> None:
    told = tell(OLD, revoked=(OLDER,), obstacle=WAIT)
    assert (told.revoked, told.left, told.revoked_at) == (1, 1, None)
    assert "are not revoked yet: istiod is waited for. " in told.message
    assert told.message.endswith(TRUTH)
    later = tell_waiting(ORDER, WAIT, before=told)
    assert later == told, "what is known stays while it cannot be looked at"


def test_once_the_root_is_replaced_nobody_trusts_them() -> None:
    told = tell(revoked=(OLD,))
    same = tell_done(ORDER, told, root=ROOT.fingerprint, now=NOW)
    assert same == told
    for unknown in (tell_done(ORDER, told, root=None, now=NOW), told):
        assert unknown.message.endswith(TRUTH)
    replaced = tell_done(ORDER, told, root=OTHER_ROOT.fingerprint, now=NOW)
    assert replaced.message.endswith(
        "The root that they are under was replaced: nobody trusts them any more."
    )
    assert is_over(told, root=OTHER_ROOT.fingerprint, now=NOW)
    assert not is_over(told, root=None, now=NOW)


def test_under_two_roots_no_single_one_has_them_distrusted() -> None:
    told = tell(revoked=(OLD,), roots=(OTHER_ROOT, ROOT))
    assert (told.root, told.trusted_until) == (None, ENDS_AT)
    assert not is_over(told, root=OTHER_ROOT.fingerprint, now=NOW)
    gone = tell(revoked=(OLD,), roots=(OTHER_ROOT,))
    assert (gone.root, gone.trusted_until) == (None, None)
    assert gone.message.endswith("1 is revoked in pki/. Nobody trusts any of them.")
    assert is_over(gone, root=OTHER_ROOT.fingerprint, now=NOW)


def test_once_they_have_ended_nobody_trusts_them() -> None:
    told = tell(revoked=(OLD,))
    ended = tell_done(ORDER, told, root=ROOT.fingerprint, now=ENDS_AT)
    assert ended.message.endswith("They have ended, and nobody trusts them any more.")
    assert is_over(told, root=ROOT.fingerprint, now=ENDS_AT)
    waiting = tell_waiting(ORDER, WAIT, before=tell(OLD, obstacle=WAIT))
    assert not is_over(waiting, root=ROOT.fingerprint, now=ENDS_AT), "it is not done"


def test_where_nothing_was_there_to_revoke_it_is_done() -> None:
    told = tell()
    assert told.message == (
        "Intermediates of cluster1 below generation 3: 0 are revoked in pki/. It has none from "
        "before that has not ended."
    )
    assert told.revoked_at == NOW
    assert is_over(told, root=ROOT.fingerprint, now=NOW)


def test_a_mount_of_somebody_else_gets_the_commands() -> None:
    obstacle = tell_hindrance(ORDER, (OLD,), MARK)
    assert obstacle.needs_person
    assert obstacle.message == (
        "pki/ does not carry roottrust's mark, so that a person has to revoke it: "
        f"`vault write pki/revoke serial_number={OLD.serial}`."
    )
    many = tuple(sign(issue(5, number)) for number in range(9))
    told = tell(*many, obstacle=tell_hindrance(ORDER, many, MARK))
    assert "revoke them: `vault write" in told.message
    assert "` and 6 more. Revoked or not" in told.message
    assert len(told.message) < 1024, "serial numbers are as long as they get"
    assert told.needs_person


def test_what_vault_refuses_is_told_with_the_commands_unless_it_passes() -> None:
    refused = tell_refused(ORDER, (OLD,), "You may not.", needs_person=True)
    assert refused.message == (
        f"You may not. Or revoke by hand: `vault write pki/revoke serial_number={OLD.serial}`."
    )
    assert tell_refused(ORDER, (), "No.", needs_person=True).message == "No."
    assert tell_refused(ORDER, (OLD,), "It is sealed.", needs_person=False) == Obstacle(
        message="It is sealed."
    )


def test_what_may_be_of_other_policies_is_to_be_ordered_there() -> None:
    obstacle = tell_doubtful(ORDER, (OLD, OLDER), ["team/b", "team/a", "team/b"])
    assert obstacle.needs_person
    assert "2 intermediates may be what an istiod of team/a, team/b has" in obstacle.message
    assert "`roottrust rotate intermediate team/a --cluster cluster1 --comp" in obstacle.message


@pytest.mark.parametrize(
    ("before", "after", "reasons"),
    [
        ((), (tell_waiting(ORDER, WAIT),), [Reason.INTERMEDIATES_COMPROMISED]),
        ((tell_waiting(ORDER, WAIT),), (tell_waiting(ORDER, WAIT),), []),
        (
            (tell_waiting(ORDER, WAIT),),
            (tell(OLD, obstacle=tell_hindrance(ORDER, (OLD,), MARK)),),
            [Reason.REVOCATION_LEFT],
        ),
        ((), (tell(OLD, obstacle=tell_hindrance(ORDER, (OLD,), MARK)),), [Reason.REVOCATION_LEFT]),
        (
            (tell(OLD, obstacle=tell_hindrance(ORDER, (OLD,), MARK)),),
            (tell(OLD, OLDER, obstacle=tell_hindrance(ORDER, (OLD, OLDER), MARK)),),
            [],
        ),
        ((tell_waiting(ORDER, WAIT),), (tell(revoked=(OLD,)),), [Reason.INTERMEDIATES_REVOKED]),
        ((), (tell(revoked=(OLD,)),), [Reason.INTERMEDIATES_REVOKED]),
        ((tell(revoked=(OLD,)),), (tell(revoked=(OLD,)),), []),
        ((tell(revoked=(OLD,)),), (), []),
    ],
)
def test_each_turn_is_an_event_once(
    before: tuple[CompromisedIntermediates, ...],
    after: tuple[CompromisedIntermediates, ...],
    reasons: list[Reason],
) -> None:
    found = tuple(list_revocation_transitions(before, after))
    assert [each.reason for each in found] == reasons
    for each in found:
        assert each.is_normal == (each.reason is Reason.INTERMEDIATES_REVOKED)
        assert each.message == after[0].message


def test_another_generation_of_the_cluster_is_told_anew() -> None:
    done = tell(revoked=(OLD,))
    raised = tell_waiting(
        CompromiseOrder(cluster="cluster1", generation=4, mount="pki", owner="x/y"), WAIT
    )
    (told,) = list_revocation_transitions((done,), (raised,))
    assert told.reason is Reason.INTERMEDIATES_COMPROMISED
