"""A root that a person made and gives to Vault: read from the files of the guide, and checked.

What is wrong with a root as such (its kind, its life) is for `root_check`; here is whether the two
files are what they should be and belong together. No message holds any part of a key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from pydantic import SecretBytes, SecretStr

from roottrust.domain.ca_key import CaKey, is_key_of, render_key
from roottrust.domain.certificate import (
    Certificate,
    UnreadableCertificateError,
    parse_certificates,
)
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.reasons import Reason

CERTIFICATE_FILE = "root-cert.pem"
KEY_FILE = "root-key.pem"

_BEGIN = b"-----BEGIN"
_DER_SEQUENCE = b"\x30"
_PRIVATE_KEY = re.compile(
    rb"-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----(?:(?!-----BEGIN).)*?-----END \1-----", re.DOTALL
)
_MAX_BYTES = 65_536
_MAX_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class ImportedRoot:
    """A root, and in `bundle` its key as well, in PEM as pki issuers/import/bundle takes them."""

    certificate: Certificate
    bundle: SecretStr = field(repr=False)


class _UnusableFileError(ValueError):
    """What is wrong with one file, in words for people."""


def read_imported_root(certificate: SecretBytes, key: SecretBytes, *, secret: str) -> ImportedRoot:
    """Read the two files of a Secret, which is named (namespace/name) in what goes wrong.

    Raises InvalidSpecError, reason InvalidRootSecret.
    """
    try:
        name = CERTIFICATE_FILE
        root = _read_certificate(certificate.get_secret_value())
        name = KEY_FILE
        private = _read_key(key.get_secret_value())
        _check_match(root, private)
    except _UnusableFileError as error:
        raise InvalidSpecError(
            f"{name} in Secret {secret} cannot be imported: {error}",
            reason=Reason.INVALID_ROOT_SECRET,
        ) from None
    bundle = render_key(private).get_secret_value() + root.pem
    return ImportedRoot(certificate=root, bundle=SecretStr(bundle))


def _read_certificate(content: bytes) -> Certificate:
    _check_form(content, convert=f"openssl x509 -inform DER -out {CERTIFICATE_FILE}")
    try:
        found = parse_certificates(content.decode("utf-8", errors="replace"))
    except UnreadableCertificateError as error:
        raise _UnusableFileError(str(error)) from None
    if len(found) > 1:
        raise _UnusableFileError(_describe_surplus(found))
    return found[0]


def _describe_surplus(found: tuple[Certificate, ...]) -> str:
    """Return which of several certificates is the root, for only that one may be there."""
    shown = "; ".join(
        f"{number}: {_describe(each)}" for number, each in enumerate(found[:_MAX_SHOWN], start=1)
    )
    roots = [n for n, each in enumerate(found, start=1) if each.is_ca and each.is_self_signed]
    advice = f"keep number {roots[0]} alone" if len(roots) == 1 else "keep the root alone"
    return f"it holds {len(found)} certificates ({shown}): {advice}."


def _describe(certificate: Certificate) -> str:
    if not certificate.is_ca:
        return f"{certificate.subject!r}, a leaf"
    kind = "a root" if certificate.is_self_signed else f"issued by {certificate.issuer!r}"
    return f"{certificate.subject!r}, {kind}"


def _read_key(content: bytes) -> CaKey:
    _check_form(content, convert=f"openssl pkey -inform DER -out {KEY_FILE}")
    blocks = list(_PRIVATE_KEY.finditer(content))
    if not blocks:
        raise _UnusableFileError("it holds no private key that is complete: put the root's there.")
    if len(blocks) > 1:
        raise _UnusableFileError(f"it holds {len(blocks)} private keys: keep the root's alone.")
    block = blocks[0][0]
    if b"ENCRYPTED" in block:
        raise _UnusableFileError(
            "the key is encrypted, and there is no password to be had: decrypt it with "
            f"`openssl pkey -in {KEY_FILE}` first."
        )
    return _load_key(block)


def _load_key(block: bytes) -> CaKey:
    try:
        key = serialization.load_pem_private_key(block, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # What the parser says may quote what it read.
        raise _UnusableFileError(
            "the key is damaged, or of a kind that Vault cannot import: use RSA or ECDSA."
        ) from None
    if not isinstance(key, CaKey):
        raise _UnusableFileError("the key is of a kind that Vault cannot import: use RSA or ECDSA.")
    return key


def _check_match(root: Certificate, key: CaKey) -> None:
    if not is_key_of(key, root):
        raise _UnusableFileError(
            f"the key is not that of the certificate {root.subject!r} in {CERTIFICATE_FILE}: put "
            "two files there that were made together."
        )


def _check_form(content: bytes, *, convert: str) -> None:
    if len(content) > _MAX_BYTES:
        raise _UnusableFileError("it is too large for one certificate or key.")
    if _BEGIN not in content and content.startswith(_DER_SEQUENCE):
        raise _UnusableFileError(f"it is in DER form: convert it to PEM with `{convert}`.")
    if _BEGIN not in content:
        raise _UnusableFileError("it is not in PEM form: it has no -----BEGIN line.")
