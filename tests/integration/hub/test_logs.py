"""What the operator writes: every line in one form, and each with what it is about."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from testbed import Vault
from tests.integration.hub.names import Names
from tests.integration.hub.operator_process import BuildOperator, OperatorProcess
from tests.integration.hub.policy import MakePolicy
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_api import list_objects
from tests.integration.vault_calls import Ask

Line = dict[str, Any]

_MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
_FIELD = r'[a-z]+=(?:"(?:[^"\\]|\\.)*"|[^\s"]+)'
_CONSOLE = re.compile(
    rf"{_MOMENT}Z (?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL) +(?P<message>\S.*?)"
    rf"(?:  (?P<fields>{_FIELD}(?: {_FIELD})*))?"
)
_FIELDS = {"policy", "cluster", "mesh", "object", "reason", "trace"}


def read_json(line: str) -> Line:
    told: Line = json.loads(line)
    assert told.keys() - _FIELDS == {"time", "level", "logger", "message"}
    assert re.fullmatch(rf"{_MOMENT}\.\d{{3}}Z", told["time"])
    assert "\n" not in told["message"]
    return told


def read_console(line: str) -> Line:
    found = _CONSOLE.fullmatch(line)
    assert found is not None, line
    fields = re.findall(_FIELD, found["fields"] or "")
    pairs = (each.split("=", 1) for each in fields)
    told = {name: json.loads(text) if text[0] == '"' else text for name, text in pairs}
    return {**told, "level": found["level"], "message": found["message"]}


READ: dict[str, Callable[[str], Line]] = {"json": read_json, "console": read_console}


@pytest.fixture(params=list(READ))
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def operator(
    form: str,
    operator_process: OperatorProcess,
    build_operator: BuildOperator,
    admin: Ask,
    vault: Vault,
    token_file: Any,
) -> Iterator[OperatorProcess]:
    """One that logs in a form of its own; meanwhile there is no other one."""
    operator_process.kill()
    login = {"tokenFile": {"path": str(token_file)}}
    settings = {"logging": {"format": form, "level": "INFO"}}
    built = build_operator(f"operator-{form}", vault, login, settings=settings)
    built.start()
    yield built
    built.kill()


def test_every_line_has_the_form_and_those_of_a_policy_name_it(
    operator: OperatorProcess, form: str, make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    policy = make_policy(names)
    policy.wait_until_ready()
    admin("DELETE", f"auth/{names.auth_mount}/role/{names.role}")
    policy.nudge()
    wait_for(lambda: policy.read_events("DriftRepaired"), bool)
    assert operator.stop() == 0
    lines = [READ[form](line) for line in operator.log.read_text().splitlines()]
    told = [line for line in lines if line.get("policy") == policy.full_name]
    writes = [
        line for line in told if line["message"].startswith(f"create auth/{names.auth_mount}")
    ]
    assert {line.get("cluster") for line in writes} == {"cluster1"}
    assert {"Configured", "DriftRepaired"} <= {line.get("reason") for line in told}
    unnamed = [line["message"] for line in lines if "policy" not in line]
    assert not [each for each in unnamed if names.auth_mount in each or names.role in each]
    events = list_objects(
        policy.cluster, "events", policy.namespace, fields="involvedObject.name=mine"
    )
    marks = [each["metadata"]["annotations"]["admin.gloo.solo.io/policy"] for each in events]
    assert set(marks) == {policy.full_name}
