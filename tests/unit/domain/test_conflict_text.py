from __future__ import annotations

from dataclasses import replace

from roottrust.domain.conflict_text import describe_conflicts
from roottrust.domain.ownership import Conflict
from roottrust.domain.vault_object import Difference

TTL = Difference(path="pki_int", field="ttl", wanted="5", found="6")
TYPE = Difference(path="pki_int", field="type", wanted="pki", found="kv")


def test_a_difference_is_shown_with_the_annotation_that_lets_us_change_it() -> None:
    assert describe_conflicts((Conflict(path="pki_int", differences=(TTL,)),)) == (
        "pki_int is not roottrust's and differs: ttl is 6, not 5. To have roottrust take it over "
        "and change it, annotate this policy: admin.gloo.solo.io/adopt=true."
    )


def test_another_owner_is_named() -> None:
    text = describe_conflicts((Conflict(path="pki_int", owner="RootTrustPolicy a/b of hub h"),))
    assert text == (
        "pki_int belongs to RootTrustPolicy a/b of hub h. Name another path in this policy: what "
        "belongs to others is never taken over."
    )


def test_an_owner_that_exists_no_more_is_told_with_the_annotation_that_helps() -> None:
    abandoned = Conflict(path="pki_int", owner="RootTrustPolicy a/b of hub h", is_abandoned=True)
    assert describe_conflicts((abandoned,)) == (
        "pki_int belongs to RootTrustPolicy a/b of hub h, which exists no more. To have roottrust "
        "take it over and change it, annotate this policy: admin.gloo.solo.io/adopt=true."
    )
    kept = Conflict(path="pki_out", owner="RootTrustPolicy a/c of hub h")
    assert "adopt" not in describe_conflicts((abandoned, kept))
    of_another_type = replace(abandoned, differences=(TYPE,))
    assert "Name another path" in describe_conflicts((of_another_type,))


def test_what_cannot_be_changed_asks_for_another_path() -> None:
    text = describe_conflicts((Conflict(path="pki_int", differences=(TYPE,)),))
    assert text == (
        "pki_int has the type kv, not pki, which Vault cannot change. "
        "Name another path in the policy; what is there stays as it is."
    )


def test_one_that_cannot_be_adopted_decides_the_advice() -> None:
    conflicts = (Conflict(path="a", differences=(TTL,)), Conflict(path="b", differences=(TYPE,)))
    assert "Name another path in the policy" in describe_conflicts(conflicts)


def test_a_note_stands_where_there_is_nothing_to_compare() -> None:
    assert "a is not roottrust's and differs: it does not exist." in describe_conflicts(
        (Conflict(path="a", note="it does not exist"),)
    )


def test_five_conflicts_are_shown_and_the_rest_counted() -> None:
    conflicts = tuple(Conflict(path=f"p{number}", note="no") for number in range(7))
    text = describe_conflicts(conflicts)
    assert "p4" in text
    assert "p5" not in text
    assert "; and 2 more. " in text
    assert "more" not in describe_conflicts(conflicts[:5]).split(". ")[0]
