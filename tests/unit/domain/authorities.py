"""Roots and intermediates for tests, and what they sign, as Vault makes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from roottrust.domain.ca_chain import build_files
from roottrust.domain.ca_files import CaFiles
from roottrust.domain.ca_key import PrivateKey, render_key
from tests.unit.domain.certificates import NOW, build_name, build_usage

COMMON_NAME = "roottrust istiod CA cluster1"
DAY = timedelta(days=1)

# Made once: RSA keys take their time.
RSA_KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
CA_USAGE = build_usage(key_cert_sign=True, crl_sign=True)


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Authority:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return render_key(self.key).get_secret_value()

    def certify(
        self,
        key: PrivateKey,
        subject: x509.Name,
        *,
        is_ca: bool = True,
        path_length: int | None = None,
        usage: x509.KeyUsage | None = CA_USAGE,
        extensions: Iterable[x509.ExtensionType] = (),
        begin: datetime = NOW - timedelta(seconds=30),
        end: datetime = NOW + 365 * DAY,
        issuer: x509.Name | None = None,
        signer: PrivateKey | None = None,
    ) -> x509.Certificate:
        """Return a certificate that this authority signs, unless another `signer` is given."""
        return _sign(
            key,
            subject,
            issuer=self.certificate.subject if issuer is None else issuer,
            signer=signer or self.key,
            is_ca=is_ca,
            path_length=path_length,
            usage=usage,
            extensions=[
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                *extensions,
            ],
            begin=begin,
            end=end,
        )

    def issue(self, subject: str = COMMON_NAME, **options: object) -> Authority:
        """Return an intermediate as Vault signs it for an agent."""
        key = options.pop("key", None) or new_key()
        assert isinstance(key, PrivateKey)
        options.setdefault("path_length", 0)
        return Authority(self.certify(key, build_name(subject), **options), key)  # type: ignore[arg-type]

    def cross_sign(self, other: Authority, **options: object) -> str:
        """Return another authority's certificate with this one's signature, in PEM."""
        signed = self.certify(other.key, other.certificate.subject, **options)  # type: ignore[arg-type]
        return Authority(signed, other.key).pem


def make_root(
    name: str = "Root",
    *,
    key: PrivateKey | None = None,
    subject: x509.Name | None = None,
    path_length: int | None = None,
    usage: x509.KeyUsage | None = CA_USAGE,
    begin: datetime = NOW - 30 * DAY,
    end: datetime = NOW + 3650 * DAY,
) -> Authority:
    key = key or new_key()
    subject = build_name(name) if subject is None else subject
    certificate = _sign(
        key,
        subject,
        issuer=subject,
        signer=key,
        is_ca=True,
        path_length=path_length,
        usage=usage,
        extensions=(),
        begin=begin,
        end=end,
    )
    return Authority(certificate, key)


def make_files(
    issued: Authority,
    *roots: Authority,
    cross_certificates: str | None = None,
    offered: Iterable[str] = (),
) -> CaFiles:
    return build_files(
        certificate=issued.pem,
        key=render_key(issued.key),
        trust_bundle="".join(root.pem for root in roots),
        cross_certificates=cross_certificates,
        offered=offered,
    )


def _sign(
    key: PrivateKey,
    subject: x509.Name,
    *,
    issuer: x509.Name,
    signer: PrivateKey,
    is_ca: bool,
    path_length: int | None,
    usage: x509.KeyUsage | None,
    extensions: Iterable[x509.ExtensionType],
    begin: datetime,
    end: datetime,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=path_length), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    for extension in (*([usage] if usage else []), *extensions):
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(signer, hashes.SHA256())
