"""Rights that nobody used and refused calls are found, by an API server's own words."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.integration.audit.call import Call, read_calls
from tests.integration.audit.granted import Granted, list_granted, read_remote, read_shipped
from tests.integration.audit.judgement import (
    Window,
    find_unused,
    judge_rights,
    list_refusals,
)

HUB = "ClusterRole roottrust-hub"
NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ALLOWED = 'RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "roottrust-hub" to Group "y"'


def write_event(folder: Path, **changes: Any) -> Path:
    event = {
        "verb": "patch",
        "requestURI": "/apis/internal.gloo.solo.io/v2/namespaces/n/meshes/m?force=true",
        "user": {"username": "system:serviceaccount:gloo-mesh:roottrust-hub"},
        "userAgent": "roottrust-operator",
        "objectRef": {
            "resource": "meshes",
            "namespace": "n",
            "name": "m",
            "apiGroup": "internal.gloo.solo.io",
        },
        "responseStatus": {"code": 200},
        "requestReceivedTimestamp": "2030-01-01T12:00:00.123456Z",
        "annotations": {
            "authorization.k8s.io/decision": "allow",
            "authorization.k8s.io/reason": ALLOWED,
        },
    }
    path = folder / "audit.log"
    with path.open("a") as log:
        log.write(json.dumps({**event, **changes}) + "\n")
    return path


def build_call(verb: str = "get", resource: str = "meshes", **changes: Any) -> Call:
    fields = {
        "user": "system:serviceaccount:gloo-mesh:roottrust-hub",
        "verbs": (verb,),
        "group": "",
        "resource": resource,
        "namespace": "",
        "name": "",
        "role": HUB,
        "is_refused": False,
        "at": NOW,
    }
    return Call(**{**fields, **changes})


def build_right(verb: str = "get", resource: str = "meshes", name: str = "") -> Granted:
    return Granted(HUB, verb, "", resource, name)


def test_a_call_is_read_with_the_role_that_allowed_it(tmp_path: Path) -> None:
    (call,) = read_calls(write_event(tmp_path), since=NOW)
    assert (call.verbs, call.group, call.resource, call.role) == (
        ("patch",),
        "internal.gloo.solo.io",
        "meshes",
        HUB,
    )
    assert (call.account, call.is_refused) == ("roottrust-hub", False)


def test_an_apply_that_makes_an_object_needs_both_rights(tmp_path: Path) -> None:
    path = write_event(tmp_path, responseStatus={"code": 201})
    (call,) = read_calls(path, since=NOW)
    assert call.verbs == ("patch", "create")


def test_subresources_and_paths_are_what_rules_call_them(tmp_path: Path) -> None:
    write_event(tmp_path, objectRef={"resource": "pods", "subresource": "eviction"})
    path = write_event(tmp_path, objectRef={}, requestURI="/openid/v1/jwks?x=y")
    assert [each.resource for each in read_calls(path, since=NOW)] == [
        "pods/eviction",
        "/openid/v1/jwks",
    ]


def test_only_the_products_calls_count_and_vaults_for_it(tmp_path: Path) -> None:
    write_event(tmp_path, userAgent="kubectl/v1")
    reviewer = {"username": "system:serviceaccount:gloo-mesh:roottrust-reviewer"}
    path = write_event(tmp_path, userAgent="Go-http-client/2.0", user=reviewer)
    assert [each.account for each in read_calls(path, since=NOW)] == ["roottrust-reviewer"]


def test_who_has_a_worthless_token_is_nobody(tmp_path: Path) -> None:
    (call,) = read_calls(write_event(tmp_path, user={}, annotations={}), since=NOW)
    assert (call.user, call.role, call.is_refused) == ("", "", False)


def test_what_was_asked_before_the_run_and_half_a_line_are_left_out(tmp_path: Path) -> None:
    path = write_event(tmp_path)
    with path.open("a") as log:
        log.write('{"verb": "ge')
    assert len(list(read_calls(path, since=NOW))) == 1
    assert list(read_calls(path, since=NOW + MINUTE)) == []


def test_rules_are_taken_apart() -> None:
    role = {
        "kind": "Role",
        "metadata": {"name": "r"},
        "rules": [
            {"apiGroups": ["", "apps"], "resources": ["a", "b/c"], "verbs": ["get", "list"]},
            {"apiGroups": [""], "resources": ["d"], "resourceNames": ["x", "y"], "verbs": ["get"]},
            {"nonResourceURLs": ["/p"], "verbs": ["get"]},
        ],
    }
    found = set(list_granted([role]))
    assert len(found) == 8 + 2 + 1
    assert {
        Granted("Role r", "list", "apps", "b/c"),
        Granted("Role r", "get", "", "d", "y"),
        Granted("Role r", "get", "", "/p"),
    } <= found


def test_a_right_is_used_by_its_own_role_verb_and_name_alone() -> None:
    rights = [build_right(), build_right("list"), build_right(name="a"), build_right(name="b")]
    calls = [
        build_call(name="a"),
        build_call("list", role="Role roottrust-hub"),
        build_call("list", is_refused=True),
    ]
    assert find_unused(rights, calls) == [build_right(name="b"), build_right("list")]


def test_an_unused_right_is_named_unless_a_reason_says_why() -> None:
    rights = [build_right(), build_right("list")]
    assert judge_rights(rights, [build_call()], unplayed={}) == [
        f"{HUB}: list meshes: nobody uses it"
    ]
    assert judge_rights(rights, [build_call()], unplayed={build_right("list"): "so"}) == []


def test_a_reason_for_what_is_used_is_named() -> None:
    wrong = judge_rights([build_right()], [build_call()], unplayed={build_right(): "so"})
    assert wrong == [f"{HUB}: get meshes: it is used, so it needs no reason"]


def test_a_refused_call_is_named_with_the_test_unless_that_provoked_it() -> None:
    call = build_call(is_refused=True, role="")
    window = Window(test="t", begun=NOW - MINUTE, ended=NOW + MINUTE)
    (told,) = list_refusals([call], [window])
    assert told == "system:serviceaccount:gloo-mesh:roottrust-hub: get meshes (t)"
    provoking = Window(
        test="t", begun=window.begun, ended=window.ended, refused=frozenset({"roottrust-hub"})
    )
    assert list(list_refusals([call], [provoking])) == []
    of_another = Window(test="t", begun=window.begun, ended=NOW, refused=frozenset({"reader"}))
    assert len(list(list_refusals([call], [of_another]))) == 1
    later = Window(test="t", begun=NOW + MINUTE, ended=NOW + 2 * MINUTE, refused=provoking.refused)
    (told,) = list_refusals([call], [later])
    assert told.endswith("(no test ran)")


def test_what_is_shipped_is_read() -> None:
    assert Granted(HUB, "get", "", "/openid/v1/jwks") in read_shipped("base/rbac.yaml")
    assert (
        Granted(
            "ClusterRole roottrust-remote-hub", "patch", "admin.gloo.solo.io", "roottrustpolicies"
        )
        in read_remote()
    )
