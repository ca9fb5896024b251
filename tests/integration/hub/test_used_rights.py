"""Nothing is granted to the hub, to Vault's reviewer and to people that nobody uses."""

from __future__ import annotations

from tests.integration.audit.course import Session
from tests.integration.audit.granted import FOR_OTHERS, read_shipped
from tests.integration.audit.judgement import judge_rights, list_refusals
from tests.integration.audit.unplayed import UNPLAYED

COURSE = (
    "hub/test_certificate.py",
    "hub/test_deletion.py",
    "hub/test_doctor.py",
    "hub/test_jwt.py",
    "hub/test_leader.py",
    "hub/test_restarts.py",
    "hub/test_reviewer.py",
    "hub/test_rotate.py",
    "hub/test_status.py",
)
SHIPPED = (
    "base/rbac.yaml",
    "base/reviewer.yaml",
    "status/rbac.yaml",
    "rotate/rbac.yaml",
    "doctor/rbac.yaml",
    "doctor/secrets-rbac.yaml",
)


def test_every_right_is_used(audited: Session) -> None:
    audited.require(*COURSE)
    shipped = read_shipped(*SHIPPED)
    assert set(shipped) >= FOR_OTHERS
    own = [each for each in shipped if each not in FOR_OTHERS]
    assert judge_rights(own, audited.list_calls(), unplayed=UNPLAYED) == []


def test_nothing_is_refused_unless_a_test_says_so(audited: Session) -> None:
    assert list(list_refusals(audited.list_calls(), audited.windows)) == []
