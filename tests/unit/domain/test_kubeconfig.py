from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.kubeconfig import ClusterAccess, build_kubeconfig, parse_kubeconfig
from roottrust.domain.reasons import Reason
from tests.unit.domain.kubeconfigs import CA_PEM, SERVER, TOKEN, build_text, encode


def test_a_kubeconfig_says_where_a_cluster_is_and_who_may_ask_it() -> None:
    access = parse_kubeconfig(build_text(cluster={"tls-server-name": "api.example"}))
    assert access == ClusterAccess(
        server=SERVER, ca_pem=CA_PEM, token=SecretStr(TOKEN), tls_server_name="api.example"
    )
    assert TOKEN not in repr(access)


def test_what_is_built_is_read_as_the_same() -> None:
    access = parse_kubeconfig(build_text(cluster={"tls-server-name": "api.example"}))
    assert parse_kubeconfig(build_kubeconfig("c2", access)) == access


def test_without_a_current_context_the_only_one_counts() -> None:
    assert parse_kubeconfig(build_text(**{"current-context": None})).server == SERVER


@pytest.mark.parametrize(
    ("cluster", "user", "reason", "words"),
    [
        ({}, {"exec": {"command": "aws"}}, Reason.CREDENTIALS_NOT_INLINE, "exec .*a program"),
        ({}, {"auth-provider": {"name": "gcp"}}, Reason.CREDENTIALS_NOT_INLINE, "auth-provider"),
        ({}, {"tokenFile": "/t"}, Reason.CREDENTIALS_NOT_INLINE, "tokenFile .* names a file"),
        ({}, {"client-certificate": "/c"}, Reason.CREDENTIALS_NOT_INLINE, "names a file"),
        ({}, {"client-key": "/c"}, Reason.CREDENTIALS_NOT_INLINE, "names a file"),
        ({}, {"client-key-data": "eA=="}, Reason.CREDENTIALS_NOT_SUPPORTED, "cannot be renewed"),
        ({}, {"password": "secret"}, Reason.CREDENTIALS_NOT_SUPPORTED, "password"),
        ({}, {"as": "admin"}, Reason.CREDENTIALS_NOT_SUPPORTED, "as somebody else"),
        ({"certificate-authority": "/ca"}, {}, Reason.CREDENTIALS_NOT_INLINE, "names a file"),
        ({"insecure-skip-tls-verify": True}, {}, Reason.INSECURE_CONNECTION, "whoever answers"),
        ({"proxy-url": "http://p"}, {}, Reason.CREDENTIALS_NOT_SUPPORTED, "directly"),
        ({"server": "http://10.0.0.2"}, {}, Reason.INSECURE_CONNECTION, "https://"),
        ({"server": "ftp://10.0.0.2"}, {}, Reason.INVALID_KUBECONFIG, "no https:// address"),
        ({"server": "https://a b"}, {}, Reason.INVALID_KUBECONFIG, "no https:// address"),
        ({"server": "https://u:p@a"}, {}, Reason.INVALID_KUBECONFIG, "no https:// address"),
        ({"server": None}, {}, Reason.INVALID_KUBECONFIG, "no https:// address"),
        ({"certificate-authority-data": None}, {}, Reason.INVALID_KUBECONFIG, "hub and Vault"),
        ({"certificate-authority-data": "?"}, {}, Reason.INVALID_KUBECONFIG, "no PEM"),
        ({"certificate-authority-data": encode("x")}, {}, Reason.INVALID_KUBECONFIG, "no PEM"),
        ({}, {"token": None}, Reason.INVALID_KUBECONFIG, "no token"),
        ({}, {"token": 7}, Reason.INVALID_KUBECONFIG, "no token"),
        ({}, {"token": "a\nb: c"}, Reason.INVALID_KUBECONFIG, "characters"),
    ],
)
def test_what_is_not_inline_and_safe_is_refused(
    cluster: dict[str, Any], user: dict[str, Any], reason: Reason, words: str
) -> None:
    with pytest.raises(InvalidSpecError, match=words) as caught:
        parse_kubeconfig(build_text(cluster=cluster, user=user))
    assert caught.value.reason is reason
    assert "secret" not in caught.value.message
    assert TOKEN not in caught.value.message


def test_what_is_switched_off_is_not_refused() -> None:
    text = build_text(cluster={"insecure-skip-tls-verify": False}, user={"exec": None})
    assert parse_kubeconfig(text).server == SERVER


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kind: [",
        "just words",
        "- a",
        "when: 2030-02-31",
        "[" * 10_000,
        build_text(contexts=[]),
        build_text(contexts="x"),
        build_text(clusters=None),
        build_text(users=[{"name": "u"}]),
        build_text(users=[7]),
        build_text(**{"current-context": "other"}),
    ],
)
def test_what_is_no_kubeconfig_is_refused(text: str) -> None:
    with pytest.raises(InvalidSpecError, match="cannot be used") as caught:
        parse_kubeconfig(text)
    assert caught.value.reason is Reason.INVALID_KUBECONFIG


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=8), each),
    max_leaves=8,
)


@given(section=st.sampled_from(["clusters", "contexts", "users", "current-context"]), content=JSON)
def test_whatever_a_kubeconfig_holds_it_is_refused_or_read(section: str, content: Any) -> None:
    with suppress(InvalidSpecError):
        parse_kubeconfig(build_text(**{section: content}))
