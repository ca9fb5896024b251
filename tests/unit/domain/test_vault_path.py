from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.reasons import Reason
from roottrust.domain.vault_path import (
    CaPath,
    check_role_name,
    expand_cluster,
    has_cluster_variable,
    parse_auth_path,
    parse_ca_path,
    parse_csr_path,
)

SIGN = "/root/sign-intermediate"
GENERATE = "/intermediate/generate/exported"
AUTH = "/v1/auth/"

BAD_MOUNTS = [
    "",
    "/pki",
    "pki/",
    "a//b",
    ".",
    "..",
    "a/../b",
    "a/./b",
    "a..b",
    "pki*",
    "pki/+",
    "+",
    "p ki",
    "pki\t",
    "pki\n",
    "pki\x00",
    'pki"',
    "pki'",
    "pki\\",
    "pki?x=1",
    "pki#x",
    "pki%2f",
    "pki%2e%2e",
    "pkí",
    "рki",  # noqa: RUF001 - Cyrillic
    "pki\u2028",
    "{{identity.entity.id}}",
    "${cluster}",
    "a" * 201,
]


def find_message(parse: Callable[[str], object], text: str) -> str:
    with pytest.raises(InvalidSpecError) as caught:
        parse(text)
    assert caught.value.reason == Reason.INVALID_PATH
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 300
    return caught.value.message


def test_paths_of_the_guide() -> None:
    assert parse_ca_path("pki/root/sign-intermediate") == CaPath(mount="pki", issuer=None)
    assert parse_csr_path("pki_int_cluster1/intermediate/generate/exported") == "pki_int_cluster1"
    assert parse_auth_path("/v1/auth/kube-cluster1-mesh-auth") == "kube-cluster1-mesh-auth"
    check_role_name("gen-int-ca-istio-cluster1-mesh")


@pytest.mark.parametrize(
    ("path", "mount", "issuer"),
    [
        ("team-a/pki/root/sign-intermediate", "team-a/pki", None),
        ("pki/root/root/sign-intermediate", "pki/root", None),
        ("pki/issuer/default/sign-intermediate", "pki", None),
        ("team-a/pki/issuer/My_Root.1/sign-intermediate", "team-a/pki", "My_Root.1"),
        ("pki/root/issuer/x/sign-intermediate", "pki/root", "x"),
    ],
)
def test_ca_paths(path: str, mount: str, issuer: str | None) -> None:
    assert parse_ca_path(path) == CaPath(mount=mount, issuer=issuer)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "pki",
        "pki/sign-intermediate",
        "pki/root/sign-self-issued",
        "pki/root/sign-intermediate/",
        "pki/root/sign-intermediate/x",
        "pki/root/SIGN-INTERMEDIATE",
        "pki/issuer/sign-intermediate",
        "pki/roots/x/sign-intermediate",
        "pki/issuer//sign-intermediate",
        "pki/issuer/a*/sign-intermediate",
        "pki/issuer/../sign-intermediate",
        "pki/issuer/-a/sign-intermediate",
        f"pki/issuer/{'a' * 129}/sign-intermediate",
    ],
)
def test_other_forms_are_no_ca_paths(path: str) -> None:
    assert find_message(parse_ca_path, path).startswith("caPath ")


def test_path_with_two_readings_is_refused() -> None:
    message = find_message(parse_ca_path, "pki/issuer/root/sign-intermediate")
    assert "name the issuer by its id" in message


@pytest.mark.parametrize("mount", BAD_MOUNTS)
def test_bad_mounts(mount: str) -> None:
    find_message(parse_ca_path, mount + SIGN)
    find_message(parse_ca_path, f"{mount}/issuer/x/sign-intermediate")
    find_message(parse_csr_path, mount + GENERATE)
    find_message(parse_auth_path, AUTH + mount)


@pytest.mark.parametrize("mount", ["sys", "auth", "identity", "cubbyhole", "Sys", "auth/kube"])
def test_mounts_of_vault_itself(mount: str) -> None:
    assert "belongs to Vault" in find_message(parse_ca_path, mount + SIGN)
    assert "belongs to Vault" in find_message(parse_csr_path, mount + GENERATE)


@pytest.mark.parametrize("mount", ["token", "token/x", "Token"])
def test_auth_mount_of_tokens(mount: str) -> None:
    assert "belongs to Vault" in find_message(parse_auth_path, AUTH + mount)


@pytest.mark.parametrize("mount", ["system", "team/sys", "authx", "a.b", "a_b", "A", "a" * 200])
def test_good_mounts(mount: str) -> None:
    assert parse_ca_path(mount + SIGN).mount == mount
    assert parse_csr_path(mount + GENERATE) == mount
    assert parse_auth_path(AUTH + mount) == mount


@pytest.mark.parametrize("path", ["auth/kube", "v1/auth/kube", "/v1/sys/auth/kube", "/v2/auth/x"])
def test_no_auth_paths(path: str) -> None:
    assert "write /v1/auth/<mount>" in find_message(parse_auth_path, path)


@pytest.mark.parametrize("path", ["pki_int", "pki_int/intermediate/generate/internal", "x" + SIGN])
def test_no_csr_paths(path: str) -> None:
    assert "or leave it out" in find_message(parse_csr_path, path)


@pytest.mark.parametrize(
    "name", ["", "-a", "a-", ".", "..", "a..b", "a/b", "a b", "a*", "a\n", 'a"', "é", "a" * 129]
)
def test_bad_role_names(name: str) -> None:
    assert find_message(check_role_name, name).startswith("role ")


def test_role_names_are_lower_case() -> None:
    assert "lower case" in find_message(check_role_name, "Gen-int")


@pytest.mark.parametrize("name", ["a", "a.b_c-d", "a" * 128])
def test_good_role_names(name: str) -> None:
    check_role_name(name)


def test_long_text_is_cut_in_messages() -> None:
    find_message(parse_ca_path, "x" * 5000)


@given(st.text(max_size=40))
def test_what_is_accepted_is_plain(text: str) -> None:
    for parse, path in ((parse_csr_path, text + GENERATE), (parse_auth_path, AUTH + text)):
        try:
            mount = parse(path)
        except InvalidSpecError:
            continue
        assert mount == text
        assert mount.isascii()
        assert not set(mount) & set("*+\"'\\${}%?# \n")
        assert not {"", ".", ".."} & set(mount.split("/"))


def test_cluster_variable() -> None:
    assert has_cluster_variable("pki_int_${cluster}/x")
    assert not has_cluster_variable("pki_int_$cluster")
    assert expand_cluster("${cluster}/${cluster}", cluster="c1") == "c1/c1"
    assert expand_cluster("plain", cluster="c1") == "plain"


def test_other_variables_are_left_to_be_refused() -> None:
    path = expand_cluster("pki_${mesh}/intermediate/generate/exported", cluster="c1")
    find_message(parse_csr_path, path)


@pytest.mark.parametrize("cluster", ["", "a/b", "..", "*", "A", "${cluster}"])
def test_only_dns_labels_are_put_in(cluster: str) -> None:
    with pytest.raises(ValueError, match="not a DNS label"):
        expand_cluster("x-${cluster}", cluster=cluster)
