from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.domain.names import (
    COMMON_NAME_MAX_LENGTH,
    build_intermediate_common_name,
    build_issuer_name,
    is_dns_label,
)

LABELS = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True)
# X.680, PrintableString, less what HCL or Vault would read as something else.
SAFE = set(string.ascii_letters + string.digits + " -.")


@pytest.mark.parametrize("text", ["a", "0", "cluster1", "a-b", "a" * 63])
def test_dns_labels(text: str) -> None:
    assert is_dns_label(text)


@pytest.mark.parametrize(
    "text",
    ["", "-a", "a-", "a_b", "a.b", "A", "é", "a\n", "a b", "a" * 64, "a/b", "*", "${cluster}", "٣"],
)
def test_no_dns_labels(text: str) -> None:
    assert not is_dns_label(text)


def test_common_name_is_readable() -> None:
    assert build_intermediate_common_name("cluster1") == "roottrust istiod CA cluster1"


def test_common_name_of_the_longest_names() -> None:
    assert build_intermediate_common_name("a" * 44) == "roottrust istiod CA " + "a" * 44
    assert build_intermediate_common_name("a" * 45) == (
        "roottrust istiod CA aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.52789e3423b7"
    )


@given(LABELS)
def test_common_name_fits_everywhere(cluster: str) -> None:
    name = build_intermediate_common_name(cluster)
    assert len(name) <= COMMON_NAME_MAX_LENGTH
    assert set(name) <= SAFE


@given(LABELS, LABELS)
def test_common_name_is_of_one_cluster(a: str, b: str) -> None:
    same = build_intermediate_common_name(a) == build_intermediate_common_name(b)
    assert same == (a == b)


def test_long_names_that_start_alike_stay_apart() -> None:
    start = "a" * 62
    assert build_intermediate_common_name(start + "1") != build_intermediate_common_name(
        start + "2"
    )


@pytest.mark.parametrize("cluster", ["", "A", 'c"', "c\n", "${cluster}"])
def test_common_name_of_no_cluster(cluster: str) -> None:
    with pytest.raises(ValueError, match="not a DNS label"):
        build_intermediate_common_name(cluster)


def test_issuer_name() -> None:
    assert build_issuer_name(1) == "roottrust-g1"
