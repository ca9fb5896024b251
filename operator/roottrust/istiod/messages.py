"""The two messages of istio's CA service, as protocol buffers write them.

From istio.io/api, security/v1alpha1/ca.proto: IstioCertificateRequest{string csr = 1; int64
validity_duration = 3} and IstioCertificateResponse{repeated string cert_chain = 1}. The wire format
is that of protobuf.dev/programming-guides/encoding. A library would be larger than all of this.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grpclib.encoding.base import CodecBase

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_CSR, _VALIDITY_DURATION, _CERT_CHAIN = 1, 3, 1
_MAX_SHIFT = 63


@dataclass(frozen=True, kw_only=True)
class CertificateRequest:
    """A request in PEM, for a certificate of so many seconds."""

    csr: str
    validity_seconds: int


@dataclass(frozen=True, kw_only=True)
class CertificateResponse:
    """Certificates in PEM, leaf first; the last part holds all roots."""

    cert_chain: tuple[str, ...]


class CertificateCodec(CodecBase):
    """Encodes the request and decodes the response, for grpclib."""

    __content_subtype__ = "proto"

    def encode(self, message: CertificateRequest, message_type: object) -> bytes:
        """Return the request's bytes."""
        del message_type
        csr = message.csr.encode()
        return b"".join(
            (
                _encode_key(_CSR, _BYTES),
                _encode_varint(len(csr)),
                csr,
                _encode_key(_VALIDITY_DURATION, _VARINT),
                _encode_varint(message.validity_seconds),
            )
        )

    def decode(self, data: bytes, message_type: object) -> CertificateResponse:
        """Return the response; raises ValueError for what is none."""
        del message_type
        chain = (value.decode() for number, value in _read_fields(data) if number == _CERT_CHAIN)
        return CertificateResponse(cert_chain=tuple(chain))


def _encode_key(number: int, kind: int) -> bytes:
    return _encode_varint(number << 3 | kind)


def _encode_varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def _read_fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of the fields that have bytes, leaving others out."""
    place = 0
    while place < len(data):
        key, place = _read_varint(data, place)
        length, place = _read_length(data, place, kind=key & 7)
        if place + length > len(data):
            raise ValueError("a field is cut off")
        if key & 7 == _BYTES:
            yield key >> 3, data[place : place + length]
        place += length


def _read_length(data: bytes, place: int, *, kind: int) -> tuple[int, int]:
    """Return how many bytes of content follow, and where."""
    match kind:
        case 2:
            return _read_varint(data, place)
        case 0:
            return 0, _read_varint(data, place)[1]
        case 1:
            return 8, place
        case 5:
            return 4, place
    raise ValueError("a field is of no known type")


def _read_varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(data) and shift <= _MAX_SHIFT:
        value |= (data[place] & 0x7F) << shift
        if data[place] < 0x80:
            return value, place + 1
        place, shift = place + 1, shift + 7
    raise ValueError("a number is cut off")
