"""Whether istiod can work with the files of a CA folder: what it checks, and what it should.

istiod checks some of this only when it starts, and some never: a wrong file then breaks workloads
instead of istiod (security/pkg/pki/util/keycertbundle.go).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from roottrust.domain.ca_files import CaFiles
from roottrust.domain.ca_key import PrivateKey, UnreadableKeyError, load_key
from roottrust.domain.ca_path import Path, find_path, is_issued_by

# What istiod gives a leaf unless it asks for less.
LEAF_LIFE = timedelta(hours=24)

Extension = TypeVar("Extension", bound=x509.ExtensionType)

_LEAF_SERIAL = 1
_SERVING = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What is wrong (istiod must not get it) and what is worth a warning; sentences for people.

    `issuer` is the SHA-256 of the certificate that signed the intermediate, None without a path.
    """

    faults: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    issuer: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Parts:
    certificate: x509.Certificate
    key: PrivateKey
    chain: list[x509.Certificate]
    roots: list[x509.Certificate]


def check_files(files: CaFiles, *, now: datetime) -> Findings:
    """Return what was found; a folder without faults works in istiod."""
    try:
        parts = _Parts(
            certificate=x509.load_pem_x509_certificate(files.certificate.encode()),
            key=load_key(files.key),
            chain=x509.load_pem_x509_certificates(files.chain.encode()),
            roots=x509.load_pem_x509_certificates(files.trust_bundle.encode()),
        )
    except UnreadableKeyError as error:
        return Findings(faults=(f"The key of the intermediate cannot be read: {error}",))
    except ValueError:
        return Findings(faults=("The certificates of the CA folder cannot be read.",))
    path = find_path(parts.certificate, between=parts.chain[1:], roots=parts.roots)
    faults = [
        *_check_intermediate(parts),
        *_check_chain(parts),
        *_check_roots(parts, now),
        *(_check_path(path, now) if path else [_NO_PATH]),
    ]
    return Findings(
        faults=tuple(faults or _check_trial_leaf(parts, now)),
        warnings=tuple(_warn(parts, path, now)) if path else (),
        issuer=path[1].fingerprint(hashes.SHA256()).hex() if path else None,
    )


_NO_PATH = (
    "The intermediate does not chain to the pinned trust bundle: see that caPath of the "
    "RootTrustPolicy names the issuer whose root is pinned."
)


def _check_intermediate(parts: _Parts) -> list[str]:
    faults = []
    if parts.key.public_key() != parts.certificate.public_key():
        faults.append("The key does not belong to the intermediate.")
    if not _is_ca(parts.certificate):
        faults.append("The intermediate is not a CA (basic constraints).")
    usage = _find(parts.certificate, x509.KeyUsage)
    if usage is None or not usage.key_cert_sign:
        faults.append("The intermediate may not sign certificates (key usage).")
    extended = _find(parts.certificate, x509.ExtendedKeyUsage)
    if extended is not None and _SERVING.isdisjoint(extended):
        faults.append("The extended key usage of the intermediate lets istiod serve nobody.")
    return faults


def _check_chain(parts: _Parts) -> list[str]:
    faults = []
    if parts.chain[0] != parts.certificate:
        faults.append("cert-chain.pem does not begin with the intermediate.")
    if any(each in parts.roots for each in parts.chain):
        faults.append("cert-chain.pem holds a root, which belongs into root-cert.pem alone.")
    return faults


def _check_roots(parts: _Parts, now: datetime) -> list[str]:
    faults = []
    for root in parts.roots:
        name = root.subject.rfc4514_string()
        if not is_issued_by(root, root):
            faults.append(f"{name} in the trust bundle is no root: it is not self-signed.")
        elif not _is_ca(root):
            faults.append(f"{name} in the trust bundle is not a CA.")
    if all(root.not_valid_after_utc <= now for root in parts.roots):
        faults.append("Every root in the trust bundle has expired: change the root.")
    return faults


def _check_path(path: Path, now: datetime) -> list[str]:
    faults = []
    for depth, each in enumerate(path):
        name = each.subject.rfc4514_string()
        if each.not_valid_before_utc > now:
            begins = each.not_valid_before_utc.isoformat()
            faults.append(
                f"{name} is valid from {begins} only, and here it is {now:%Y-%m-%dT%H:%M:%SZ}: set "
                "the clocks of Vault and of this node right."
            )
        if each.not_valid_after_utc <= now:
            faults.append(f"{name} has expired on {each.not_valid_after_utc.isoformat()}.")
        if depth and not _allows_below(each, depth):
            faults.append(
                f"The path length of {name} leaves no room for an intermediate: change the root."
            )
    return faults


def _allows_below(certificate: x509.Certificate, depth: int) -> bool:
    """Tell whether a certificate may have so many intermediates below it."""
    constraints = _find(certificate, x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        return False
    return constraints.path_length is None or constraints.path_length >= depth


def _check_trial_leaf(parts: _Parts, now: datetime) -> list[str]:
    """Sign a leaf as istiod does, and look whether the intermediate is seen to have signed it."""
    leaf = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(parts.certificate.subject)
        .public_key(ec.generate_private_key(ec.SECP256R1()).public_key())
        .serial_number(_LEAF_SERIAL)
        .not_valid_before(now)
        .not_valid_after(now + LEAF_LIFE)
        .sign(parts.key, hashes.SHA256())
    )
    return [] if is_issued_by(leaf, parts.certificate) else ["A trial leaf does not verify."]


def _warn(parts: _Parts, path: Path, now: datetime) -> list[str]:
    warnings = []
    ends = parts.certificate.not_valid_after_utc
    if ends - now < LEAF_LIFE:
        warnings.append(
            f"The intermediate ends on {ends.isoformat()}, so that certificates of workloads end "
            "with it."
        )
    root = path[-1]
    if root.not_valid_after_utc < ends:
        warnings.append(
            f"The root {root.subject.rfc4514_string()} ends on "
            f"{root.not_valid_after_utc.isoformat()}, before the intermediate."
        )
    return warnings


def _is_ca(certificate: x509.Certificate) -> bool:
    constraints = _find(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def _find(certificate: x509.Certificate, kind: type[Extension]) -> Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
