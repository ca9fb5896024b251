"""Documents come out as they went in, whatever a reader takes their scalars for."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from roottrust.cli.istiod_patch.yaml_stream import (
    PlainText,
    YamlError,
    read_document,
    replace_content,
    split_documents,
    write_document,
)

# Each is something else to one reader of YAML or another.
TRICKY = [
    "yes", "No", "on", "OFF", "y", "n", "true", "True", "null", "~", "Null", "0o14", "014", "0x1F",
    "0b101", "1_000", "1e3", "1.5e+3", ".5", "5.", "1:30", "190:20:30", ".inf", "-.INF", ".nan",
    "2001-12-14", "2001-12-14t21:59:43.10-05:00", "<<x", "-1", "+1", "0", "00", "--flag",
    "a#b", "a:b", "ä", "---x", "100%", "x", "v1", "1.0.0", "12e03", "0.", "_", "1__0", "-0x1",
]  # fmt: skip


@pytest.mark.parametrize("text", TRICKY)
def test_a_plain_scalar_is_written_letter_by_letter(text: str) -> None:
    written = write_document(read_document(f"key: {text}\n", number=1))
    assert yaml.safe_load(written) == yaml.safe_load(f"key: {text}\n")
    if text != "---x":  # which is a text to every reader, and gets quotes
        assert written == f"---\nkey: {text}\n"


QUOTED = [*TRICKY, "", " ", "two words", "a: b", "# c", "x\ny\n", "\t", "ü"]


@pytest.mark.parametrize("text", QUOTED)
@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_quoted_scalar_stays_a_text(text: str, quote: str) -> None:
    given = yaml.dump({"key": text}, default_style=quote)
    written = write_document(read_document(given, number=1))
    assert yaml.safe_load(written) == {"key": text}


@pytest.mark.parametrize("text", [each for each in TRICKY if each[0] in "0123456789.-+~yYnNoOtTf"])
def test_what_some_reader_takes_for_something_else_keeps_its_quotes(text: str) -> None:
    assert write_document(read_document(f"key: '{text}'\n", number=1)) == f'---\nkey: "{text}"\n'


@given(text=st.text())
def test_every_text_that_we_write_is_read_as_that_text(text: str) -> None:
    assert yaml.safe_load(write_document({"key": text, text: "value"})) == {
        "key": text,
        text: "value",
    }


@given(text=st.text(alphabet="yYnNoOeEsStTrRuUfFaAlL01_.:+-xXbBiInN~=#é ", min_size=1))
def test_whatever_is_plain_keeps_its_meaning(text: str) -> None:
    given = f"key: {text}\n"
    try:
        before = yaml.safe_load(given)
    except (yaml.YAMLError, ValueError):
        return
    if not isinstance(before, dict):
        return
    assert repr(yaml.safe_load(write_document(read_document(given, number=1)))) == repr(before)


def test_what_we_add_is_what_kubernetes_takes() -> None:
    content = {"a": True, "b": 600, "c": "600", "d": "true", "e": [], "f": {}, "g": "10m"}
    written = write_document(content)
    assert yaml.safe_load(written) == content
    assert 'g: "10m"' in written


def test_nothing_is_null_wherever_it_is_written() -> None:
    written = write_document(read_document("a:\nb: {c: , d: ~}\n", number=1))
    assert yaml.safe_load(written) == {"a": None, "b": {"c": None, "d": None}}


def test_blocks_anchors_merges_and_tags_keep_their_meaning() -> None:
    given = (
        "a: |\n  one\n  two\nb: >-\n  one\n  two\nc: &c\n  d: 1\ne: *c\nf:\n  <<: *c\n  g: 2\n"
        "h: !!str 12\ni: !!int '3'\nj: one\n  two\n"
    )
    written = write_document(read_document(given, number=1))
    assert yaml.safe_load(written) == yaml.safe_load(given)


def test_the_order_of_keys_stays() -> None:
    given = "---\nz: 1\na: 2\nm: 3\n"
    assert write_document(read_document(given, number=1)) == given


@given(text=st.lists(st.sampled_from(["---", "--- # c", "a: b", "...", "", "---x", "  ---"])))
def test_the_documents_put_together_are_the_text(text: list[str]) -> None:
    for end in ("\n", "\r\n"):
        assert "".join(split_documents(end.join(text))) == end.join(text)


def test_a_mark_inside_a_text_begins_no_document() -> None:
    text = "a: |\n  ---\n  b\n---\nc: ---x\n--- # comment\nd: e\n---"
    assert split_documents(text) == [
        "a: |\n  ---\n  b\n",
        "---\nc: ---x\n",
        "--- # comment\nd: e\n",
        "---",
    ]


@pytest.mark.parametrize(
    ("text", "head"),
    [
        ("a: 1\n", ""),
        ("---\na: 1\n", "---\n"),
        ("---\n# Source: istiod/templates/deployment.yaml\n\na: 1\n# end\n", None),
        ("--- # one\n# two\na: 1\n", "--- # one\n# two\n"),
        ("# one\na: 1\n", "# one\n"),
        ("--- {a: 1}\n", "---\n"),
        ("---\r\na: 1\r\n", "---\r\n"),
    ],
)
def test_the_comments_before_a_document_stay(text: str, head: str | None) -> None:
    if head is None:
        head = "---\n# Source: istiod/templates/deployment.yaml\n\n"
    assert replace_content(text, {"b": PlainText("2")}) == f"{head}b: 2\n"


@pytest.mark.parametrize("text", ["- a\n", "a\n", "", "---\n"])
def test_what_holds_no_keys_is_read_as_empty(text: str) -> None:
    assert read_document(text, number=1) == {}


def test_a_fault_is_told_with_its_place_and_without_its_text() -> None:
    with pytest.raises(YamlError) as failure:
        read_document("---\na: b\nsecret: [\n", number=7)
    assert str(failure.value).startswith("document 7, line ")
    assert "secret" not in str(failure.value)
