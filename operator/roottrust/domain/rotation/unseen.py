"""Who else is under a root: living intermediates in its mount that belong to no policy here.

A mesh of another hub or team depends on the root as ours do, and gives no evidence: once the root
is dropped, ours do not trust it any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from roottrust.domain.certificate import (
    Certificate,
    UnreadableCertificateError,
    parse_certificate,
)
from roottrust.domain.certificate_path import is_issued_by
from roottrust.domain.counted import count
from roottrust.domain.moment import show_time
from roottrust.domain.names import build_intermediate_common_name, is_dns_label
from roottrust.domain.redaction import build_one_line
from roottrust.domain.some_names import list_some
from roottrust.domain.subject_key import encode_key

# Three of them are to fit into a message beside all else that it says.
_NAME_MAX = 60
_TROUBLE_MAX = 300


@dataclass(frozen=True, kw_only=True)
class SignedCertificate:
    """What a mount has by a serial number, as Vault writes it."""

    serial: str
    pem: str
    is_revoked: bool = False


@dataclass(frozen=True, kw_only=True)
class SignedCa:
    """A CA under a root; of one that cannot be read nothing but its serial number is known."""

    serial: str
    subject: str = "an unreadable one"
    common_name: str | None = None
    not_after: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class MountLook:
    """What a look through a mount has shown: `cas` are those under the root.

    `left` is how many certificates were not looked at; `trouble` is why no more is known.
    """

    mount: str
    cas: tuple[SignedCa, ...] = ()
    left: int = 0
    trouble: str | None = None


def find_ca(
    signed: SignedCertificate, *, root: Certificate, following: Certificate | None
) -> SignedCa | None:
    """Return the CA that a certificate is, None for what does not depend on the root.

    That is what is revoked, a workload's, another root's; and the next root signed by this one.
    """
    if signed.is_revoked:
        return None
    try:
        found = parse_certificate(signed.pem)
    except UnreadableCertificateError:
        return SignedCa(serial=signed.serial)
    if not found.is_ca or found.is_self_signed or not is_issued_by(found, root):
        return None
    if following is not None and encode_key(found) == encode_key(following):
        return None
    return SignedCa(
        serial=signed.serial,
        subject=found.subject,
        common_name=found.common_name,
        not_after=found.not_after,
    )


def list_unseen(
    cas: Iterable[SignedCa], clusters: Iterable[str], *, now: datetime
) -> tuple[SignedCa, ...]:
    """Return the living CAs of none of these clusters, those that live longest first."""
    ours = {build_intermediate_common_name(each) for each in clusters if is_dns_label(each)}
    living = (each for each in cas if each.not_after is None or each.not_after > now)
    unseen = [each for each in living if each.common_name not in ours]
    return tuple(sorted(unseen, key=_get_rank))


def tell_unseen(look: MountLook, clusters: Iterable[str], *, now: datetime) -> tuple[str, ...]:
    """Return what speaks for dependants that nobody here sees, each as half a sentence."""
    return tuple(_list_told(look, list_unseen(look.cas, clusters, now=now)))


def _list_told(look: MountLook, unseen: tuple[SignedCa, ...]) -> Iterator[str]:
    if unseen:
        names = list_some([_show(each) for each in unseen[:3]], of=len(unseen))
        is_one = len(unseen) == 1
        yield (
            f"{look.mount}/ has signed {names} under the previous root, "
            f"{'an intermediate that belongs' if is_one else 'intermediates that belong'} to no "
            f"policy here: who uses {'it' if is_one else 'them'} must trust the next root first"
        )
    if look.left:
        yield (
            f"{count(look.left, 'certificate')} of {look.mount}/ "
            f"{'was' if look.left == 1 else 'were'} not looked at, for there are too many: "
            "others may be under the previous root"
        )
    if look.trouble is not None:
        why = build_one_line(look.trouble, limit=_TROUBLE_MAX).rstrip(".")
        yield f"nobody knows who else is under the previous root ({why})"


def _show(ca: SignedCa) -> str:
    until = f", until {show_time(ca.not_after)}" if ca.not_after else ""
    return f"{build_one_line(ca.subject, limit=_NAME_MAX)} (serial {ca.serial}{until})"


def _get_rank(ca: SignedCa) -> tuple[float, str]:
    end = ca.not_after.timestamp() if ca.not_after else float("inf")
    return (-end, ca.serial)
