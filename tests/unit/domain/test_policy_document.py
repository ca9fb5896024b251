from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.policy_document import (
    AgentRights,
    is_pinnable,
    read_mark,
    render_policy,
)

ISSUER = "7d6f0ce8-a952-e757-d7c1-dc5a67ffee8f"
RIGHTS = AgentRights(
    mark="roottrust hub=h1",
    root_mount="pki",
    issuer_id=ISSUER,
    common_name="roottrust istiod CA c1",
    ttl="8760h",
    unnamed_ca_path=None,
    intermediate_mount=None,
    organization=None,
    key_type="ec",
    key_bits=256,
)
EVERYTHING = replace(
    RIGHTS,
    unnamed_ca_path="pki/root/sign-intermediate",
    intermediate_mount="pki_int_c1",
    organization="Acme",
)


def list_paths(document: str) -> list[str]:
    return [line.split('"')[1] for line in document.splitlines() if line.startswith("path ")]


def test_least_policy() -> None:
    assert (
        render_policy(RIGHTS)
        == f"""\
# roottrust hub=h1

path "pki/issuer/{ISSUER}/sign-intermediate" {{
  capabilities = ["update"]
  required_parameters = ["common_name", "csr", "max_path_length", "ttl"]
  allowed_parameters = {{
    "common_name" = ["roottrust istiod CA c1"]
    "csr" = []
    "exclude_cn_from_sans" = ["true", true]
    "format" = ["pem", "pem_bundle"]
    "max_path_length" = ["0"]
    "ttl" = ["8760h"]
  }}
}}

path "pki/issuer/{ISSUER}/json" {{
  capabilities = ["read"]
}}

path "auth/token/revoke-self" {{
  capabilities = ["update"]
}}
"""
    )


def test_what_is_used_is_added() -> None:
    assert list_paths(render_policy(EVERYTHING)) == [
        f"pki/issuer/{ISSUER}/sign-intermediate",
        f"pki/issuer/{ISSUER}/json",
        "pki/root/sign-intermediate",
        "pki/cert/ca",
        "pki_int_c1/intermediate/generate/exported",
        "auth/token/revoke-self",
    ]


def test_key_that_vault_makes_is_pinned() -> None:
    stanza = render_policy(EVERYTHING).split("\n\n")[-2]
    assert stanza == (
        'path "pki_int_c1/intermediate/generate/exported" {\n'
        '  capabilities = ["update"]\n'
        '  required_parameters = ["common_name", "key_bits", "key_type"]\n'
        "  allowed_parameters = {\n"
        '    "common_name" = ["roottrust istiod CA c1"]\n'
        '    "format" = ["pem", "pem_bundle"]\n'
        '    "key_bits" = ["256"]\n'
        '    "key_type" = ["ec"]\n'
        '    "organization" = ["Acme"]\n'
        "  }\n"
        "}"
    )


def test_unnamed_path_is_pinned_like_the_named_one() -> None:
    stanzas = render_policy(EVERYTHING).split("\n\n")
    assert stanzas[1].split("\n")[1:] == stanzas[3].split("\n")[1:]


def test_unnamed_path_that_names_the_issuer_adds_nothing() -> None:
    same = replace(RIGHTS, unnamed_ca_path=f"pki/issuer/{ISSUER}/sign-intermediate")
    assert render_policy(same) == render_policy(RIGHTS)


@pytest.mark.parametrize("text", ["use_csr_values", '"csr" = ["', "delete", "list", "sudo", "*"])
def test_never_in_a_policy(text: str) -> None:
    assert text not in render_policy(EVERYTHING)


def test_rendering_is_deterministic() -> None:
    assert render_policy(EVERYTHING) == render_policy(replace(EVERYTHING))


@pytest.mark.parametrize("mount", ["team-a/pki", "a.b", "pki_int"])
def test_mounts(mount: str) -> None:
    assert list_paths(render_policy(replace(RIGHTS, root_mount=mount)))[0].startswith(f"{mount}/")


@pytest.mark.parametrize(
    "text",
    [
        'a"b',
        "a\\b",
        "a\nb",
        "a\rb",
        "a\x00b",
        "a\u2028b",
        "${x}",
        "%{x}",
        "{{x}}",
        "a*",
        "Acme, Inc.",
        "",
    ],
)
def test_values_that_could_break_out_are_refused(text: str) -> None:
    assert not is_pinnable(text)
    for change in ("common_name", "organization"):
        with pytest.raises(ValueError, match="cannot be written"):
            render_policy(replace(EVERYTHING, **{change: text}))


@pytest.mark.parametrize("text", ["Acme", "Acme Inc.", "Müller & Söhne", "a+b", "a'b", "$5", "#1"])
def test_values_that_are_pinned(text: str) -> None:
    assert is_pinnable(text)
    assert f'"{text}"' in render_policy(replace(RIGHTS, organization=text))


@pytest.mark.parametrize(
    "mount", ["", "pki/*", "+", "a//b", "/a", "..", "a/../b", 'a"', "a b", "a\n", "${x}", "{{x}}"]
)
@pytest.mark.parametrize("field", ["root_mount", "intermediate_mount"])
def test_paths_that_could_break_out_are_refused(field: str, mount: str) -> None:
    with pytest.raises(ValueError, match="cannot be a path"):
        render_policy(replace(RIGHTS, **{field: mount}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"issuer_id": "default"}, "not the id"),
        ({"issuer_id": "a/b"}, "not the id"),
        ({"issuer_id": "*"}, "not the id"),
        ({"issuer_id": ""}, "not the id"),
        ({"issuer_id": ".."}, "not the id"),
        ({"root_mount": "pki*"}, "cannot be a path"),
        ({"root_mount": ".."}, "cannot be a path"),
        ({"ttl": "8760"}, "number of hours"),
        ({"ttl": "0h"}, "number of hours"),
        ({"ttl": "-1h"}, "number of hours"),
        ({"ttl": "1h\n"}, "number of hours"),
        ({"key_type": "ecdsa-p256"}, "key type"),
        ({"mark": ""}, "one line"),
        ({"mark": "a\nb"}, "one line"),
        ({"mark": "a\rb"}, "one line"),
        ({"mark": " a"}, "one line"),
        ({"unnamed_ca_path": "sys/policies/acl/x"}, "not a sign path"),
        ({"unnamed_ca_path": "other/root/sign-intermediate"}, "not a sign path"),
    ],
)
def test_rights_that_make_no_sense_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        render_policy(replace(EVERYTHING, **change))


@given(st.text(max_size=30))
def test_no_value_adds_a_line(text: str) -> None:
    try:
        document = render_policy(replace(RIGHTS, organization=text, mark="m"))
    except ValueError:
        return
    expected = render_policy(replace(RIGHTS, organization="Acme", mark="m"))
    assert len(document.splitlines()) == len(expected.splitlines())
    assert list_paths(document) == list_paths(expected)


def test_mark_is_read_back() -> None:
    assert read_mark(render_policy(RIGHTS)) == RIGHTS.mark


@pytest.mark.parametrize("document", ["", "\n# x", 'path "a" {}', "#x", ' # x\npath "a" {}'])
def test_document_without_a_mark(document: str) -> None:
    assert read_mark(document) is None
