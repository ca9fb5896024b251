from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.outcome import Outcome
from roottrust.domain.reasons import Reason
from roottrust.domain.status import build_status
from roottrust.hub.policy_object import read_policy
from tests.unit.domain.certificates import NOW
from tests.unit.domain.outcomes import READY, REFUSED
from tests.unit.domain.samples import (
    EXISTING_ROOT,
    IDENTITY,
    ROOT,
    TOKEN,
    build_manifest_spec,
    build_target,
)
from tests.unit.hub.fakes import build_manifest

ADOPT = "admin.gloo.solo.io/adopt"
REPLACE = "admin.gloo.solo.io/replace-root"
OTHER_MOUNT = build_target(root=replace(EXISTING_ROOT, mount="pki2"))


def dump(outcome: Outcome = READY) -> dict[str, Any]:
    status = build_status(outcome, previous=None, now=NOW)
    return status.model_dump(mode="json", by_alias=True, exclude_none=True)


def test_a_new_policy_has_an_identity_and_nothing_else() -> None:
    policy = read_policy(build_manifest())
    assert policy.identity == IDENTITY
    assert policy.generation == 1
    assert not policy.adopts
    assert not policy.is_deleted
    assert policy.status is policy.given_up_root is None
    assert policy.find_created_paths(build_target()) == frozenset()


@pytest.mark.parametrize(
    ("annotations", "adopts"),
    [
        ({ADOPT: "true"}, True),
        ({ADOPT: "false"}, False),
        ({ADOPT: "yes"}, False),
        ({}, False),
        (None, False),
    ],
)
def test_only_the_word_true_adopts(annotations: dict[str, str] | None, adopts: bool) -> None:
    assert read_policy(build_manifest(metadata={"annotations": annotations})).adopts is adopts


def test_a_policy_that_is_being_deleted_is_known() -> None:
    metadata = {"deletionTimestamp": "2030-01-01T00:00:00Z"}
    assert read_policy(build_manifest(metadata=metadata)).is_deleted


def test_a_generation_that_is_missing_is_zero() -> None:
    assert read_policy(build_manifest(metadata={"generation": None})).generation == 0


def test_the_status_is_read_as_it_was_written() -> None:
    status = build_status(READY, previous=None, now=NOW)
    assert read_policy(build_manifest(status=dump())).status == status


@pytest.mark.parametrize("status", [{}, {"conditions": "broken"}, {"root": {"subject": 1}}])
def test_a_status_that_a_person_broke_counts_as_none(status: dict[str, Any]) -> None:
    assert read_policy(build_manifest(status=status)).status is None


def test_a_field_of_a_younger_hub_does_not_hurt() -> None:
    assert read_policy(build_manifest(status={**dump(), "new": 1})).status is not None


def test_a_specification_is_read() -> None:
    spec = read_policy(build_manifest()).parse_spec()
    assert spec.config.agent_ca.vault.ca_path == "pki/root/sign-intermediate"


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        ({}, "spec.config"),
        ({"config": {"agentCa": {}}}, "spec.config.agentCa.vault"),
        (build_manifest_spec(vault={"caPath": "sys/root/sign-intermediate"}), "caPath"),
        (build_manifest_spec(unknown=1), "spec.unknown"),
        ("text", "spec"),
    ],
)
def test_a_specification_that_breaks_a_rule_says_where(spec: Any, place: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        read_policy(build_manifest(spec=spec)).parse_spec()
    assert caught.value.reason == Reason.INVALID_SPEC
    assert place in caught.value.message
    assert caught.value.message.endswith(".")


def test_what_should_not_have_been_written_down_is_not_repeated() -> None:
    vault = {"caBundle": TOKEN, "tokenSecretRef": {"name": TOKEN}}
    with pytest.raises(InvalidSpecError) as caught:
        read_policy(build_manifest(spec=build_manifest_spec(vault=vault))).parse_spec()
    assert TOKEN not in caught.value.message
    assert caught.value.__cause__ is None


def test_the_root_in_use_is_the_one_that_status_tells_of() -> None:
    policy = read_policy(build_manifest(status=dump()))
    assert policy.find_known_root(build_target()) == ROOT.fingerprint


def test_the_root_of_another_mount_is_not_in_use() -> None:
    assert read_policy(build_manifest(status=dump())).find_known_root(OTHER_MOUNT) is None


@pytest.mark.parametrize("status", [None, dump(REFUSED)])
def test_without_a_root_in_status_none_is_in_use(status: dict[str, Any] | None) -> None:
    assert read_policy(build_manifest(status=status)).find_known_root(build_target()) is None


def test_a_root_that_never_was_usable_is_not_in_use() -> None:
    status = dump()
    del status["root"]["issuer"]
    assert read_policy(build_manifest(status=status)).find_known_root(build_target()) is None


@pytest.mark.parametrize(
    ("annotation", "known"), [(ROOT.fingerprint, None), ("d" * 64, ROOT.fingerprint)]
)
def test_giving_up_a_root_holds_for_that_one_alone(annotation: str, known: str | None) -> None:
    metadata = {"annotations": {REPLACE: annotation}}
    policy = read_policy(build_manifest(metadata=metadata, status=dump()))
    assert policy.find_known_root(build_target()) == known


def test_what_was_created_is_known_from_the_status_and_what_was_adopted_is_not() -> None:
    status = dump()
    paths = [each["path"] for each in status["managedObjects"]]
    status["managedObjects"][0]["origin"] = "Adopted"
    assert read_policy(build_manifest(status=status)).find_created_paths(
        build_target()
    ) == frozenset(paths[1:])


@pytest.mark.parametrize("change", [{"namespace": "team-a"}, {"server": "https://other:8200"}])
def test_what_was_told_of_another_vault_says_nothing_of_this_one(change: dict[str, str]) -> None:
    """A mark that is missing there was not taken off what this policy made."""
    policy = read_policy(build_manifest(status=dump()))
    assert policy.find_created_paths(build_target())
    elsewhere = build_target(**change)
    assert policy.find_created_paths(elsewhere) == frozenset()
    assert policy.find_known_root(elsewhere) is None
