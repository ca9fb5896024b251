from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.reasons import Reason
from roottrust.domain.vault_namespace import describe_namespace, is_within, parse_namespace

SEGMENTS = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True).filter(
    lambda text: text not in {"audit", "auth", "cubbyhole", "identity", "root", "sys"}
)
PATHS = st.lists(SEGMENTS, min_size=1, max_size=3).map("/".join)


@pytest.mark.parametrize(
    ("text", "namespace"),
    [
        (None, "ops"),
        ("team-a", "team-a"),
        ("team-a/", "team-a"),
        ("/platform/team-a/", "platform/team-a"),
        ("Team_1.x", "Team_1.x"),
        ("rooted/system", "rooted/system"),
    ],
)
def test_namespace_is_read_as_vault_reads_its_header(text: str | None, namespace: str) -> None:
    assert parse_namespace(text, default="ops") == namespace


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "a//b",
        ".",
        "..",
        "../team-b",
        "team-a/../team-b",
        "team-a/./x",
        "a..b",
        "root",
        "ROOT",
        "root/team-b",
        "team-a/root",
        "sys",
        "team-a/sys",
        "auth",
        "team*",
        "+",
        "a b",
        "a\n",
        "a\r\nX-Vault-Token: x",
        'a"',
        "a%2fb",
        "a\\b",
        "a?b",
        "ä",
        "${cluster}",
        "{{identity.entity.id}}",
        257 * "a",
    ],
)
def test_namespace_that_could_mean_another_is_refused(text: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        parse_namespace(text, default="")
    assert caught.value.reason == Reason.INVALID_PATH
    assert caught.value.message.endswith(".")
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 300


@given(text=st.text())
def test_what_is_accepted_can_be_sent_as_it_is(text: str) -> None:
    try:
        namespace = parse_namespace(text, default="")
    except InvalidSpecError:
        return
    assert namespace
    assert namespace == namespace.strip("/ ")
    assert namespace.isascii()
    assert not {"", ".", "..", "root"} & set(namespace.split("/"))


@given(outer=PATHS, inner=PATHS)
def test_below_is_by_whole_segments(outer: str, inner: str) -> None:
    assert is_within(outer, outer)
    assert is_within(f"{outer}/{inner}", outer)
    assert not is_within(f"{outer}x", outer)
    assert is_within(outer, "")
    assert not is_within("", outer)


def test_the_topmost_namespace_has_a_name_for_people() -> None:
    assert describe_namespace("") == "the root namespace"
    assert describe_namespace("team-a") == "team-a"
