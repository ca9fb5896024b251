"""Certificates as text: PEM, and the base64 of PEM that users of the older API have."""

from __future__ import annotations

import base64
import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from roottrust.api.rule import full_match, no_match

_SPACE = r"[ \t\r\n]"
_BLOCK = rf"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/= \t\r\n]+-----END CERTIFICATE-----{_SPACE}*"
_BASE64 = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t"  # -----BEGIN CERTIFICATE-----
_BUNDLE = rf"{_SPACE}*({_BLOCK})+"

# "PRIVATE KEY" in base64 reads differently by its offset in groups of three bytes.
_KEY_MARKS = ("PRIVATE KEY", "UFJJVkFURSBLRV", "BSSVZBVEUgS0VZ", "QUklWQVRFIEtFW")

_HOLDS_NO_KEY = no_match(
    "|".join(r"[ \t\r\n]*".join(mark) if mark.isalnum() else mark for mark in _KEY_MARKS),
    "holds a private key: remove it here, treat the key as disclosed, and give certificates only",
)

_IS_BUNDLE = full_match(
    _BUNDLE, "must be one or more PEM blocks of type CERTIFICATE and nothing else"
)


def _decode(bundle: str) -> str:
    if not bundle.lstrip().startswith(_BASE64):
        return bundle
    try:
        decoded = base64.b64decode(re.sub(r"\s", "", bundle), validate=True).decode("ascii")
    except ValueError as error:
        raise PydanticCustomError("rule", "is not the base64 of PEM blocks") from error
    return str(_IS_BUNDLE.check(_HOLDS_NO_KEY.check(decoded)))


CaBundle = Annotated[
    str,
    Field(min_length=1, max_length=32768),
    _HOLDS_NO_KEY,
    full_match(
        rf"{_BUNDLE}|{_SPACE}*{_BASE64}[A-Za-z0-9+/= \t\r\n]*",
        "must be one or more PEM blocks of type CERTIFICATE and nothing else (or the base64 of "
        'that); write it with "caBundle: |" and the file indented below',
    ),
    AfterValidator(_decode),
]

OneCertificate = Annotated[
    str,
    Field(min_length=1, max_length=8192),
    _HOLDS_NO_KEY,
    full_match(
        rf"{_SPACE}*{_BLOCK}",
        "must be one PEM block of type CERTIFICATE and nothing else; give each certificate an "
        "entry of its own",
    ),
]

Certificates = Annotated[
    str,
    Field(min_length=1, max_length=16384),
    _IS_BUNDLE,
]
