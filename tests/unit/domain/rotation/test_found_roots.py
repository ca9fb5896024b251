"""Which issuers are the roots of a rotation whose status was lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from roottrust.domain.facts import IssuerFacts
from roottrust.domain.rotation.found_roots import find_roots
from tests.unit.domain.rotations import ALL_USAGES, WITHDRAWN
from tests.unit.domain.samples import ROOT


def build(generation: int, *, name: str | None = None, may_sign: bool = True) -> IssuerFacts:
    return IssuerFacts(
        issuer_id=f"id-{generation}",
        issuer_name=f"roottrust-g{generation}" if name is None else name,
        certificate=replace(ROOT, fingerprint=f"{generation}" * 64),
        has_key=True,
        usages=ALL_USAGES if may_sign else WITHDRAWN,
    )


@pytest.mark.parametrize(
    ("issuers", "default", "wanted", "found"),
    [
        # nothing was ever rotated: the root in use, and no other
        ((build(1),), 1, 2, (1, None, False, False)),
        # a rotation is under way
        ((build(1), build(2)), 1, 2, (1, 2, False, False)),
        # it is done, with the old root withdrawn or not yet
        ((build(1), build(2)), 2, 2, (1, 2, True, False)),
        ((build(1, may_sign=False), build(2)), 2, 2, (2, 2, True, False)),
        # it was rolled back
        ((build(1), build(2, may_sign=False)), 1, 2, (1, 2, False, True)),
        # the next one: the first root is out of use for long
        ((build(1, may_sign=False), build(2), build(3)), 2, 3, (2, 3, False, False)),
        # a generation is asked for before the rotation under way is done
        ((build(1), build(2)), 1, 5, (1, 2, False, False)),
        # a generation that nobody has asked for yet is none of ours to look at
        ((build(1), build(7)), 1, 2, (1, None, False, False)),
        ((), 1, 2, (None, None, False, False)),
    ],
)
def test_the_roots_of_generations_are_found(
    issuers: tuple[IssuerFacts, ...],
    default: int,
    wanted: int,
    found: tuple[int | None, int | None, bool, bool],
) -> None:
    roots = find_roots(issuers, default=f"id-{default}", reference="roottrust-g1", wanted=wanted)
    ids = tuple(int(each.issuer[3:]) if each else None for each in (roots.previous, roots.named))
    assert (*ids, roots.is_default, roots.is_named_withdrawn) == found


def test_clusters_have_to_be_heard_only_where_a_rotation_may_be_under_way() -> None:
    def is_on_the_way(*issuers: IssuerFacts, default: int = 1) -> bool:
        found = find_roots(issuers, default=f"id-{default}", reference="roottrust-g1", wanted=2)
        return found.is_on_the_way

    assert is_on_the_way(build(1), build(2))
    assert not is_on_the_way(build(1))
    assert not is_on_the_way(build(1), build(2), default=2)
    assert not is_on_the_way(build(1, may_sign=False), build(2))
    assert not is_on_the_way(build(1), build(2, may_sign=False))
    assert not is_on_the_way()


def test_the_issuer_that_a_policy_names_need_not_be_the_default_one() -> None:
    issuers = (build(1, name="company"), build(2), build(9, name="somebody's"))
    roots = find_roots(issuers, default="id-9", reference="company", wanted=2)
    assert roots.previous is not None
    assert roots.previous.issuer == "id-1"
    done = (replace(issuers[0], usages=WITHDRAWN), *issuers[1:])
    roots = find_roots(done, default="id-9", reference="company", wanted=2)
    assert roots.previous == roots.named, "it may sign no more: another one is in use"
