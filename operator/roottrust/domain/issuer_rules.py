"""What Go and Envoy demand of every certificate that stands above a workload's."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from roottrust.domain.certificate import Certificate
from roottrust.domain.certificate_path import load_certificate
from roottrust.domain.finding import Finding, fatal, name
from roottrust.domain.reasons import Reason

# Workloads serve and call with one certificate.
_NEEDED_USAGES = {
    "serverAuth": ExtendedKeyUsageOID.SERVER_AUTH,
    "clientAuth": ExtendedKeyUsageOID.CLIENT_AUTH,
}


def check_issuer(issuer: Certificate, *, intermediates_below: int) -> Iterator[Finding]:
    """Find why a CA cannot stand above workloads with so many intermediates between.

    Path lengths are counted as Go does (crypto/x509 Certificate.isValid): every CA between counts,
    self-issued ones too.
    """
    if not issuer.is_ca:
        yield fatal(
            Reason.NOT_A_CA,
            f"{name(issuer)} is not a CA (no CA:TRUE), which istiod notices only when it starts: "
            "see that caPath of the RootTrustPolicy ends in sign-intermediate.",
        )
    if not issuer.allows_signing:
        yield fatal(
            Reason.USAGE_FORBIDDEN,
            f"The key usage of {name(issuer)} forbids signing certificates (it lacks keyCertSign): "
            "use another issuer in Vault.",
        )
    if issuer.path_length is not None and issuer.path_length < intermediates_below:
        yield fatal(
            Reason.PATH_TOO_LONG,
            f"{name(issuer)} allows {issuer.path_length} CAs below it and has "
            f"{intermediates_below}, so that peers would refuse workloads: use a root with path "
            f"length {intermediates_below} or more, or none.",
        )
    missing = _list_missing_usages(issuer)
    if missing:
        yield fatal(
            Reason.USAGE_FORBIDDEN,
            f"The extended key usage of {name(issuer)} leaves out {' and '.join(missing)}, which "
            "certificates of workloads need: have Vault issue it without that extension.",
        )


def _list_missing_usages(issuer: Certificate) -> list[str]:
    try:
        found = load_certificate(issuer).extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return []
    allowed = set(found.value)
    if ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in allowed:
        return []
    return [usage for usage, oid in _NEEDED_USAGES.items() if oid not in allowed]
