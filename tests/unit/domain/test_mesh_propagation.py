from __future__ import annotations

from typing import Any

import pytest

from roottrust.api.choices import ConditionStatus
from roottrust.api.mesh import MeshStatus, NamespaceSync
from roottrust.domain.mesh_condition import MeshCondition
from roottrust.domain.mesh_propagation import judge_propagation
from roottrust.domain.reasons import Reason
from tests.unit.domain.agent_entries import build_mesh_status
from tests.unit.domain.samples import MESH, OTHER_ROOT, ROOT

TRUE, FALSE, UNKNOWN = ConditionStatus.TRUE, ConditionStatus.FALSE, ConditionStatus.UNKNOWN
BUNDLE = (ROOT.fingerprint,)


def judge(report: MeshStatus | None, bundle: tuple[str, ...] | None = BUNDLE) -> MeshCondition:
    return judge_propagation(MESH, report, bundle=bundle)


def test_the_root_that_is_everywhere_is_propagated() -> None:
    condition = judge(build_mesh_status())
    assert (condition.status, condition.reason) == (TRUE, Reason.PROPAGATED)
    assert condition.message == f"3 namespaces of {MESH.name} have the policy's root."


@pytest.mark.parametrize(
    ("changes", "status", "reason", "words"),
    [
        ({"self_signed": True}, FALSE, Reason.SELF_SIGNED, "a root that it made itself"),
        ({"root_fingerprints": ()}, UNKNOWN, Reason.WAITING_FOR_ISTIOD, "not published a root"),
        (
            {"root_fingerprints": (OTHER_ROOT.fingerprint,)},
            FALSE,
            Reason.OTHER_ROOT_PUBLISHED,
            f"another root ({OTHER_ROOT.fingerprint[:12]}) than the policy's",
        ),
        (
            {"root_fingerprints": (OTHER_ROOT.fingerprint, ROOT.fingerprint)},
            UNKNOWN,
            Reason.BUNDLE_OUTDATED,
            "does not publish the current trust bundle yet",
        ),
        ({"namespaces": None}, UNKNOWN, Reason.WAITING_FOR_REPORT, "is not reported yet"),
        (
            {"namespaces": NamespaceSync(in_sync=1, total=3, stale=("a", "b"))},
            UNKNOWN,
            Reason.NAMESPACES_STALE,
            "2 of 3 namespaces of",
        ),
        (
            {"namespaces": NamespaceSync(in_sync=1, total=9, stale=tuple("abcdefgh"))},
            UNKNOWN,
            Reason.NAMESPACES_STALE,
            "do not have the current root yet (first: a, b, c).",
        ),
    ],
)
def test_what_is_missing_is_told(
    changes: dict[str, Any], status: ConditionStatus, reason: Reason, words: str
) -> None:
    condition = judge(build_mesh_status(**changes))
    assert (condition.status, condition.reason) == (status, reason)
    assert words in condition.message
    assert MESH.name in condition.message


def test_the_order_of_the_bundle_counts() -> None:
    both = (ROOT.fingerprint, OTHER_ROOT.fingerprint)
    assert judge(build_mesh_status(root_fingerprints=both), both).is_true
    turned = build_mesh_status(root_fingerprints=both[::-1])
    assert judge(turned, both).reason is Reason.BUNDLE_OUTDATED
    early = build_mesh_status(root_fingerprints=both[:1])
    assert judge(early, both).reason is Reason.BUNDLE_OUTDATED


def test_a_cluster_that_reports_nothing_is_told_what_to_run() -> None:
    condition = judge(None)
    assert (condition.status, condition.reason) == (UNKNOWN, Reason.WAITING_FOR_REPORT)
    assert "role cluster" in condition.message


def test_while_the_policy_s_root_is_not_known_none_is_wrong() -> None:
    assert judge(build_mesh_status(), None).reason is Reason.WAITING_FOR_VAULT
