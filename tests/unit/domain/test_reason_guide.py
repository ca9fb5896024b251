"""Each reason has its meaning and its next step, and is listed where people may meet it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from roottrust.domain.judgement import NEEDS_AN_EDIT
from roottrust.domain.reason_guide.conditions import (
    CERTIFICATE,
    DIRECTIVE,
    KIND_GUIDES,
    MESH,
    OF_COMMANDS,
    POLICY,
    KindGuide,
)
from roottrust.domain.reason_guide.guide import GUIDE, TOPICS
from roottrust.domain.reasons import (
    BounceConditionType,
    ConditionType,
    MeshConditionType,
    Reason,
)
from tests.session import REPOSITORY
from tests.unit.docs.roottrust_command import check_line

SOURCE = REPOSITORY / "operator/roottrust"
EACH = pytest.mark.parametrize("reason", Reason)
FIELDS = "".join(path.read_text() for path in (REPOSITORY / "docs/reference").glob("[!c]*.md"))
FIELDS += (REPOSITORY / "docs/reference/configuration.md").read_text()
OF_KUBERNETES = {"updateStrategy.rollingUpdate.partition"}
# What may be read in peace; all else has a next step.
WELL = {
    Reason.ACCEPTED,
    Reason.REACHABLE,
    Reason.CONFIGURED,
    Reason.UPDATED,
    Reason.KEYS_REMOVED,
    Reason.REMOVED_FROM_VAULT,
    Reason.MIRRORED,
    Reason.ISSUED,
    Reason.READY,
    Reason.ISTIOD_READY,
    Reason.PUBLISHED,
    Reason.PROPAGATED,
    Reason.WORKLOADS_RENEWED,
    Reason.LEAVES_RENEWED,
    Reason.COMPLETE,
    Reason.RESTARTED,
    Reason.JOB,
}


def list_of_kind(guide: KindGuide) -> Iterator[Reason]:
    for condition in guide.conditions:
        yield from condition.reasons
    yield from guide.events
    for _, reasons in guide.elsewhere:
        yield from reasons


def find_reasons(path: str) -> set[Reason]:
    """Return the reasons that a module names."""
    names = re.findall(r"\bReason\.([A-Z_]+)", (SOURCE / path).read_text())
    return {Reason[each] for each in names}


@EACH
def test_each_reason_has_its_place(reason: Reason) -> None:
    assert sum(reason in topic.advice for topic in TOPICS) == 1


@EACH
def test_it_says_what_it_means_and_what_to_do(reason: Reason) -> None:
    advice = GUIDE[reason]
    assert re.fullmatch(r"[A-Zi`].*[.:]", advice.meaning)
    assert re.fullmatch(r"[A-Zi`].*[.]", advice.tell_fix()) or reason in WELL
    assert (advice.fix == "") == (reason in WELL)
    assert ("{command}" in advice.fix) == bool(advice.command)


@EACH
def test_its_commands_can_be_typed(reason: Reason) -> None:
    for code in re.findall(r"`(roottrust [^`]*)`", GUIDE[reason].tell_fix()):
        check_line(code, is_mention=True)


@EACH
def test_the_fields_that_it_names_exist(reason: Reason) -> None:
    named = re.findall(r"`([a-z]\w*(?:\[\])?(?:\.\w+)+)", GUIDE[reason].tell_fix())
    ours = [each.removeprefix("status.") for each in named if each not in OF_KUBERNETES]
    assert [each for each in ours if each not in FIELDS] == []


@EACH
def test_somebody_says_it(reason: Reason) -> None:
    said = {each for guide in KIND_GUIDES for each in list_of_kind(guide)}
    assert reason in said | set(OF_COMMANDS)


@pytest.mark.parametrize(
    ("guide", "types"),
    [
        (POLICY, ConditionType),
        (MESH, MeshConditionType),
        (CERTIFICATE, [ConditionType.READY]),
        (DIRECTIVE, BounceConditionType),
    ],
)
def test_each_condition_of_a_kind_is_told(guide: KindGuide, types: list[ConditionType]) -> None:
    assert [each.type for each in guide.conditions] == [*types]


@pytest.mark.parametrize(
    ("guide", "modules"),
    [
        (POLICY, ("domain/mesh_issuance.py", "domain/mesh_propagation.py", "domain/judgement.py")),
        (POLICY, ("domain/acceptance.py", "domain/precedence.py", "domain/server_terms.py")),
        (POLICY, ("domain/fault.py", "domain/root_check.py", "domain/existing_root.py")),
        (POLICY, ("domain/own_root.py", "domain/root_import.py", "domain/repair.py")),
        (POLICY, ("domain/cluster_registration.py", "domain/kubeconfig.py", "vault/errors.py")),
        (POLICY, ("domain/rotation/transition.py", "domain/rotation/next_root_check.py")),
        (POLICY, ("domain/rotation/next_root_source.py", "domain/rotation/default_issuer.py")),
        (POLICY, ("domain/stale_warning.py", "domain/stale_istiods.py", "hub/policy_deletion.py")),
        (POLICY, ("domain/rotation/revocation_transition.py", "hub/cluster_health.py")),
        (MESH, ("domain/observed_trust_judgement.py", "domain/observed_mesh_status.py")),
        (MESH, ("domain/mirror_status.py", "hub/mesh_mirrors.py")),
        (CERTIFICATE, ("domain/mesh_issuance.py", "agent/keeper.py", "agent/root_gate.py")),
        (CERTIFICATE, ("agent/folder_state.py", "agent/foreign_secrets.py", "agent/ca_store.py")),
        (CERTIFICATE, ("domain/ca_chain.py", "domain/ca_path_fault.py", "agent/vault_visit.py")),
        (DIRECTIVE, ("domain/bounce_status.py", "domain/bounce_verdict.py")),
        (DIRECTIVE, ("domain/bounce_bounds.py", "domain/bounce_plan.py", "domain/pod_owner.py")),
        (DIRECTIVE, ("domain/rollout.py",)),
    ],
)
def test_what_its_code_says_is_listed(guide: KindGuide, modules: tuple[str, ...]) -> None:
    said = {each for module in modules for each in find_reasons(module)}
    assert said - set(list_of_kind(guide)) == set()


def test_what_needs_an_edit_is_what_stalls() -> None:
    (stalled,) = [each for each in POLICY.conditions if each.type == ConditionType.STALLED]
    assert set(stalled.reasons) == NEEDS_AN_EDIT
