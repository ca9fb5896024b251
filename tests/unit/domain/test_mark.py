from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.api.choices import ObjectOrigin
from roottrust.domain.mark import Mark, parse_mark
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.policy_mark import join_policy, split_policy
from tests.unit.domain.samples import (
    HUB,
    IDENTITY,
    OTHER_HUB,
    OTHER_POLICY,
    OURS,
    OURS_ADOPTED,
    OURS_OF_OLD,
)

LABELS = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
NAMES = st.from_regex(r"[a-z0-9]([-a-z0-9.]{0,40}[a-z0-9])?", fullmatch=True)
MARKS = st.builds(
    Mark,
    hub=LABELS,
    policy=st.builds(PolicyIdentity, namespace=LABELS, name=NAMES, uid=st.uuids().map(str)),
    origin=st.sampled_from(ObjectOrigin),
)


def test_a_mark_is_one_line_that_names_hub_policy_and_origin() -> None:
    expected = "roottrust hub=hub1 policy=gloo-mesh/guide uid=uid-1 origin=created"
    assert OURS.render() == expected


@given(mark=MARKS)
def test_what_is_rendered_is_read_again(mark: Mark) -> None:
    assert parse_mark(mark.render()) == mark
    assert parse_mark(f"  {mark.render()}\n") == mark


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "root of all meshes",
        "roottrust",
        f"x {OURS.render()}",
        f"{OURS.render()} x",
        f"{OURS.render()}\n{OURS.render()}",
        OURS.render().replace("created", "stolen"),
        OURS.render().replace("hub=hub1", "hub="),
        OURS.render().replace("roottrust", "Roottrust"),
    ],
)
def test_what_is_not_exactly_a_mark_is_none(text: str | None) -> None:
    assert parse_mark(text) is None


@pytest.mark.parametrize(
    ("mark", "is_owner"),
    [
        (OURS, True),
        (OURS_ADOPTED, True),
        (OURS_OF_OLD, True),
        (OTHER_POLICY, False),
        (OTHER_HUB, False),
        (replace(OURS, policy=replace(IDENTITY, namespace="team")), False),
    ],
)
def test_the_owner_is_known_by_hub_and_name_whatever_its_uid(mark: Mark, is_owner: bool) -> None:
    assert mark.has_owner(hub=HUB, policy=IDENTITY) is is_owner


def test_the_owner_is_described_for_people() -> None:
    assert OTHER_POLICY.describe_owner() == "RootTrustPolicy team/other of hub hub1"


def test_a_policy_is_taken_apart_into_mark_and_rights() -> None:
    document = f'# {OURS.render()}\n\npath "x" {{}}\n'
    assert split_policy(document) == {"mark": OURS.render(), "policy": '\npath "x" {}\n'}


@given(mark=MARKS, policy=st.text())
def test_a_policy_taken_apart_is_put_together_again(mark: Mark, policy: str) -> None:
    document = join_policy(mark=mark.render(), policy=policy)
    assert join_policy(**split_policy(document)) == document


@pytest.mark.parametrize("document", ["", 'path "x" {}', "# admins\npath", "#", "# "])
def test_a_policy_without_our_mark_is_all_rights(document: str) -> None:
    assert split_policy(document) == {"mark": "", "policy": document}


def test_a_mark_of_a_policy_in_a_workload_cluster_names_that() -> None:
    remote = replace(OURS, policy=replace(IDENTITY, cluster="cluster2"))
    assert remote.render() == (
        "roottrust hub=hub1 policy=cluster2:gloo-mesh/guide uid=uid-1 origin=created"
    )
    assert parse_mark(remote.render()) == remote
    assert not remote.has_owner(hub=HUB, policy=IDENTITY)
    assert not OURS.has_owner(hub=HUB, policy=remote.policy)


def test_marks_of_policies_beside_the_hub_are_as_they_always_were() -> None:
    assert OURS.render() == "roottrust hub=hub1 policy=gloo-mesh/guide uid=uid-1 origin=created"
