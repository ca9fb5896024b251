"""Roots, intermediates and leaves for tests, as Vault and istiod make them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from roottrust.domain.certificate import Certificate, parse_certificate
from tests.unit.domain.certificates import NOW, build_usage

SIGNS = build_usage(key_cert_sign=True, crl_sign=True)
SIGNS_NOTHING = build_usage(key_cert_sign=False, crl_sign=False)


@dataclass(frozen=True)
class Issued:
    """A certificate and its key."""

    certificate: Certificate
    name: x509.Name
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.pem


def issue(
    name: str,
    by: Issued | None = None,
    *,
    is_ca: bool = True,
    path_length: int | None = None,
    usage: x509.KeyUsage | None = SIGNS,
    not_before: datetime = NOW - timedelta(days=1),
    not_after: datetime = NOW + timedelta(days=365),
    dns: tuple[str, ...] = (),
    uris: tuple[str, ...] = (),
    key: ec.EllipticCurvePrivateKey | None = None,
    attribute: x509.ObjectIdentifier = NameOID.COMMON_NAME,
) -> Issued:
    """Issue a certificate; self-signed where nobody is named."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(attribute, name)] if name else [])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.name if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=path_length), critical=True)
    )
    if usage is not None:
        builder = builder.add_extension(usage, critical=True)
    names = [*map(x509.DNSName, dns), *map(x509.UniformResourceIdentifier, uris)]
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=not name)
    made = builder.sign((by or Issued(None, subject, key)).key, hashes.SHA256())  # type: ignore[arg-type]
    pem = made.public_bytes(serialization.Encoding.PEM).decode()
    return Issued(parse_certificate(pem), subject, key)


def build_leaf(by: Issued, *, dns: tuple[str, ...] = (), uris: tuple[str, ...] = ()) -> Issued:
    """Issue what istiod serves or gives to a workload: no subject, a day long."""
    end = NOW + timedelta(days=1)
    return issue("", by, is_ca=False, usage=SIGNS_NOTHING, not_after=end, dns=dns, uris=uris)


ROOT = issue("Root A", not_after=NOW + timedelta(days=3650))
OTHER_ROOT = issue("Root B", not_after=NOW + timedelta(days=3650))
INTERMEDIATE = issue("roottrust istiod CA cluster1", ROOT, path_length=0)
ISTIOD_ROOT = issue("cluster.local", attribute=NameOID.ORGANIZATION_NAME)
