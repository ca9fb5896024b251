"""Building the files of a CA folder: from what Vault signed to the root that the hub pinned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import SecretStr

from roottrust.domain.ca_files import CaFiles
from roottrust.domain.ca_key import PrivateKey, is_key_of, load_key, render_key
from roottrust.domain.ca_path_fault import find_path_fault
from roottrust.domain.certificate import (
    Certificate,
    UnreadableCertificateError,
    parse_certificates,
)
from roottrust.domain.certificate_path import is_issued_by
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.read_ca import find_paths
from roottrust.domain.reasons import Reason


def build_files(
    *,
    certificate: str,
    key: SecretStr,
    trust_bundle: str,
    cross_certificates: str | None,
    offered: Iterable[str] = (),
) -> CaFiles:
    """Return the files for an intermediate, with a chain of our own up to the pinned root.

    `offered` is what Vault says stands above (`ca_chain`): taken where it is needed on the way,
    and never for a root (istio-csr 30, 105, 155). Cross-certificates that continue the chain are
    appended. Raises UnreadableCertificateError and UnreadableKeyError for what Vault gave, and
    InvalidSpecError for an intermediate that is not under the pinned root.
    """
    intermediate, *rest = parse_certificates(certificate)
    private = load_key(key)
    _check_key(intermediate, private)
    roots = _parse_trust(trust_bundle, "trustBundle")
    crossed = _parse_trust(cross_certificates, "crossCertificates") if cross_certificates else ()
    between = [*rest, *(each for text in offered for each in parse_certificates(text)), *crossed]
    paths = find_paths(intermediate, between=between, roots=roots)
    if not paths:
        fault = find_path_fault(intermediate, between=between, roots=roots)
        raise InvalidSpecError(fault.message, reason=fault.reason)
    shortest = min(paths, key=lambda path: len(path.issuers))
    chain = _append([intermediate, *shortest.intermediates], crossed)
    return CaFiles(
        certificate=intermediate.pem,
        key=render_key(private),
        chain="".join(each.pem for each in chain),
        trust_bundle=trust_bundle,
    )


def _parse_trust(text: str, field: str) -> tuple[Certificate, ...]:
    try:
        return parse_certificates(text)
    except UnreadableCertificateError as error:
        raise InvalidSpecError(
            f"{field} of the IssuedCertificate cannot be read: {error} See who but the hub wrote "
            "to it.",
            reason=Reason.INVALID_TRUST_BUNDLE,
        ) from None


def _check_key(intermediate: Certificate, key: PrivateKey) -> None:
    if not is_key_of(key, intermediate):
        raise InvalidSpecError(
            f"Vault certified another key than the one that was asked for ({intermediate.subject}):"
            " see that nothing between this pod and Vault keeps answers.",
            reason=Reason.KEY_MISMATCH,
        )


def _append(chain: list[Certificate], crossed: Sequence[Certificate]) -> list[Certificate]:
    """Append the cross-certificates that continue the chain: those left out would be of no use."""
    waiting = [each for each in crossed if not each.is_self_signed and each not in chain]
    while fitting := [each for each in waiting if any(is_issued_by(c, each) for c in chain)]:
        chain = [*chain, *fitting]
        waiting = [each for each in waiting if each not in fitting]
    return chain
