"""The messages of istio's CA service, byte by byte."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.istiod.messages import CertificateCodec, CertificateRequest, CertificateResponse

CODEC = CertificateCodec()


def encode(csr: str, seconds: int) -> bytes:
    return CODEC.encode(CertificateRequest(csr=csr, validity_seconds=seconds), CertificateRequest)


def decode(data: bytes) -> tuple[str, ...]:
    return CODEC.decode(data, CertificateResponse).cert_chain


def test_a_request_is_written_as_protoc_would() -> None:
    assert encode("csr", 600) == b"\x0a\x03csr\x18\xd8\x04"
    assert encode("x" * 200, 1) == b"\x0a\xc8\x01" + b"x" * 200 + b"\x18\x01"


def test_an_answer_has_its_parts_in_their_order() -> None:
    assert decode(b"\x0a\x04leaf\x0a\x04root") == ("leaf", "root")
    assert decode(b"") == ()


def test_fields_of_a_later_version_are_left_out() -> None:
    unknown = b"\x10\x96\x01" + b"\x19" + bytes(8) + b"\x25" + bytes(4) + b"\x32\x02ab"
    assert decode(unknown + b"\x0a\x04leaf") == ("leaf",)


@pytest.mark.parametrize("data", [b"\x0a\x04le", b"\x0a", b"\x0b", b"\x80" * 11, b"\x0a\x01\xff"])
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        decode(data)


@given(data=st.binary(max_size=40))
def test_no_answer_makes_reading_fail_in_another_way(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        decode(data)
