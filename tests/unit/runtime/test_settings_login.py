from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from roottrust.hub.vault_server import VaultServers
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.settings_file import describe_settings_error
from roottrust.runtime.settings_login import LoginSettings
from roottrust.runtime.settings_vault import VaultServerSettings
from roottrust.runtime.vaults import build_login

ADDRESS = "https://vault.example:8200"
SECRET = "a-secret-that-nobody-sees"
ALONE = "secrets are read from files alone, which"
APPROLE = {"roleId": "8d1f-2", "secretIdFile": "/s"}
USERPASS = {"passwordFile": "/p"}


def load(login: dict[str, Any], **server: Any) -> VaultServerSettings:
    return VaultServerSettings.model_validate({"address": ADDRESS, "login": login, **server})


def find_faults(login: dict[str, Any], **server: Any) -> tuple[str, ...]:
    with pytest.raises(ValidationError) as caught:
        load(login, **server)
    return describe_settings_error(caught.value, source="config")


@pytest.mark.parametrize(
    ("login", "method"),
    [
        ({"tokenFile": {"path": "/t"}}, "token-file"),
        ({"kubernetes": {}}, "kubernetes"),
        ({"appRole": APPROLE}, "approle"),
        ({"appRole": {"roleIdFile": "/r", "secretIdFile": "/s", "mount": "ops/ar"}}, "approle"),
        ({"userpass": USERPASS}, "userpass"),
        ({"userpass": {**USERPASS, "mount": "people", "username": "hub@ops"}}, "userpass"),
    ],
)
def test_methods(login: dict[str, Any], method: str) -> None:
    assert build_login(load(login).login).method == method


@pytest.mark.parametrize(
    ("login", "fault"),
    [
        ({}, "login: set exactly one of tokenFile, kubernetes, appRole and userpass"),
        (
            {"userpass": USERPASS, "appRole": APPROLE},
            "login: set exactly one of tokenFile, kubernetes, appRole and userpass",
        ),
        ({"userpas": USERPASS}, "unknown key 'login.userpas'"),
        ({"userpass": {}}, "login.userpass.passwordFile: is required"),
        ({"appRole": {"roleId": "x"}}, "login.appRole.secretIdFile: is required"),
        (
            {"appRole": {"secretIdFile": "/s"}},
            "login.appRole: set exactly one of roleId and roleIdFile",
        ),
        (
            {"appRole": {**APPROLE, "roleIdFile": "/r"}},
            "login.appRole: set exactly one of roleId and roleIdFile",
        ),
        (
            {"appRole": {**APPROLE, "secretId": SECRET}},
            f"login.appRole: leave out secretId: {ALONE} secretIdFile names",
        ),
        (
            {"userpass": {"password": SECRET}},
            f"login.userpass: leave out password: {ALONE} passwordFile names",
        ),
        (
            {"tokenFile": {"token": SECRET}},
            f"login.tokenFile: leave out token: {ALONE} path names",
        ),
        (
            {"userpass": {"passwordFile": SECRET}},
            "login.userpass.passwordFile: write the absolute path of a file",
        ),
        (
            {"kubernetes": {"mount": "auth/kubernetes"}},
            "login.kubernetes.mount: name the mount alone, without auth/ before it",
        ),
        (
            {"kubernetes": {"mount": "a/../b"}},
            "login.kubernetes.mount: a mount has ASCII letters, digits, - _ . and / alone",
        ),
    ],
)
def test_faults_say_what_to_write(login: dict[str, Any], fault: str) -> None:
    found = find_faults(login)
    assert f"config: {fault}" in found
    assert SECRET not in "".join(found)


@pytest.mark.parametrize("username", ["", "a/b", "a b", "../admin", ".."])
def test_user_cannot_leave_the_login_path(username: str) -> None:
    (fault,) = find_faults({"userpass": {**USERPASS, "username": username}})
    assert fault.startswith("config: login.userpass.username: ")


@pytest.mark.parametrize(
    ("login", "mounts", "roles"),
    [
        ({"tokenFile": {"path": "/t"}}, set(), {"roottrust-hub"}),
        ({"kubernetes": {"mount": "k8s/", "role": "hub"}}, {"k8s"}, {"roottrust-hub", "hub"}),
        ({"appRole": APPROLE}, {"approle"}, {"roottrust-hub"}),
        ({"userpass": {**USERPASS, "username": "op"}}, {"userpass"}, {"roottrust-hub", "op"}),
    ],
)
def test_own_names_are_kept_from_policies(
    login: dict[str, Any], mounts: set[str], roles: set[str]
) -> None:
    servers = VaultServers([load(login)], concurrency=1, metrics=Metrics(), guard=lambda: None)
    terms = servers.terms[ADDRESS]
    assert terms.reserved_auth_mounts == mounts
    assert terms.reserved_roles == roles


@pytest.mark.parametrize(("given", "known"), [("/ops/team-a/", "ops/team-a"), ("", "")])
def test_namespace_is_written_in_one_way(given: str, known: str) -> None:
    assert load({"kubernetes": {}}, namespace=given).namespace == known


def test_namespace_that_is_none() -> None:
    (fault,) = find_faults({"kubernetes": {}}, namespace="ops/../admin")
    assert fault.startswith("config: namespace: a Vault namespace has ")


def test_token_is_not_sent_in_the_clear_unasked() -> None:
    endpoint = "http://127.0.0.1:8200"
    (fault,) = find_faults({"kubernetes": {}}, endpoint=endpoint)
    assert "allowPlainHTTP" in fault
    assert load({"kubernetes": {}}, endpoint=endpoint, allowPlainHTTP=True).endpoint == endpoint


def test_a_login_has_one_method_whatever_builds_it() -> None:
    with pytest.raises(ValueError, match="without a method"):
        build_login(LoginSettings.model_construct())
