"""No role that deploy/ ships is forgotten by the judgements."""

from __future__ import annotations

import yaml

from tests.integration.audit.unplayed import NOT_JUDGED
from tests.session import REPOSITORY

DEPLOY = REPOSITORY / "deploy"
JUDGES = (
    REPOSITORY / "tests/integration/test_used_rights.py",
    REPOSITORY / "tests/integration/hub/test_used_rights.py",
)


def test_each_file_with_a_role_is_judged_or_says_why_not() -> None:
    with_roles = {
        str(path.relative_to(DEPLOY))
        for path in DEPLOY.rglob("*.yaml")
        if any(each and "rules" in each for each in yaml.safe_load_all(path.read_text()))
        and "rbac.authorization.k8s.io" in path.read_text()
    }
    judged = "".join(each.read_text() for each in JUDGES)
    named = {each for each in with_roles if f'"{each}"' in judged}
    assert named | set(NOT_JUDGED) == with_roles
    assert not named & set(NOT_JUDGED)
