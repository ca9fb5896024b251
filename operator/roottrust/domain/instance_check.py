"""What one replica of istiod really has, of what its agent reports.

Replicas share an account, and whoever has it can write any entry: only what the certificate itself
proves is believed, under the root that is pinned (design.md, sections 2 and 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache

from roottrust.api.issued_certificate import Instance
from roottrust.domain.certificate import (
    Certificate,
    UnreadableCertificateError,
    parse_certificates,
)
from roottrust.domain.certificate_path import find_path, is_issued_by
from roottrust.domain.intermediate_renewal import RATIO_DEFAULT
from roottrust.domain.redaction import build_one_line

# Every pass over a fleet meets the same certificates again.
_KNOWN_MAX = 4096

# What is told of a forged entry, and of every replica after a person gave the root up.
UNDER_ANOTHER_ROOT = "its certificate is not signed by the root in use"


class InstanceState(Enum):
    """How far a replica is; the worst first."""

    FALSE = 1
    EXPIRED = 2
    FAILED = 3
    WAITING = 4
    OUTDATED = 5
    UNLOADED = 6
    OVERDUE = 7
    FAILING = 8
    SERVING = 9

    @property
    def is_serving(self) -> bool:
        """Whether istiod serves an intermediate that is as it should be."""
        return self.value >= InstanceState.OVERDUE.value

    @property
    def is_starting(self) -> bool:
        """Whether it is what every new pod is at first."""
        return self in {InstanceState.WAITING, InstanceState.UNLOADED}

    @property
    def has_certificate(self) -> bool:
        """Whether there is one that was checked and is valid."""
        return self.value >= InstanceState.OUTDATED.value


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """What every intermediate of a mesh is checked against.

    `root` is the one that signs, `roots` are those that are trusted, `bundle_fingerprint` is
    SHA-256 of their text, `renewal_ratio` the share of its life that is left when an intermediate
    is renewed.
    """

    root: Certificate
    roots: tuple[Certificate, ...]
    bundle_fingerprint: str
    common_name: str
    generation: int
    renewal_ratio: float = RATIO_DEFAULT


@dataclass(frozen=True, kw_only=True)
class ToldCertificate:
    """An intermediate that somebody else has checked."""

    serial: str
    fingerprint: str
    not_after: datetime


@dataclass(frozen=True, kw_only=True)
class CheckedInstance:
    """One replica; `clause` says what it lacks, `not_after` is that of a certificate that holds.

    `overdue_at` is when its renewal counts as overdue; `told` stands for the certificate where
    somebody else has checked it. `started_otherwise` says that other roots were there when istiod
    started.
    """

    pod: str
    state: InstanceState
    clause: str = ""
    certificate: Certificate | None = None
    overdue_at: datetime | None = None
    told: ToldCertificate | None = None
    started_otherwise: bool = False

    @property
    def is_stale(self) -> bool:
        """Whether istiod serves what it should, and knows its clients by other roots.

        It reads these once, when it starts (`createPeerCertVerifier` in istio
        pilot/pkg/bootstrap/server.go).
        """
        return self.state.is_serving and self.started_otherwise

    @property
    def believed(self) -> Certificate | ToldCertificate | None:
        """Its intermediate, None of a replica that is not believed."""
        return None if self.state is InstanceState.FALSE else self.certificate or self.told

    @property
    def not_after(self) -> datetime | None:
        """When its intermediate ends."""
        held = self.certificate or self.told
        return held.not_after if held else None


def check_instances(
    instances: Iterable[Instance], pinned: Pinned, *, now: datetime
) -> tuple[CheckedInstance, ...]:
    """Check all replicas of one mesh; keys never leave pods, so no two have one certificate."""
    checked = tuple(check_instance(each, pinned, now=now) for each in instances)
    return tuple(_refuse_twin(each, checked) for each in checked)


def check_instance(instance: Instance, pinned: Pinned, *, now: datetime) -> CheckedInstance:
    """Check what one replica reports; the same report is judged alike at any time but its end."""
    error = build_one_line(instance.error).rstrip(".") if instance.error else ""
    if instance.chain is None:
        state = InstanceState.FAILED if error else InstanceState.WAITING
        return CheckedInstance(pod=instance.pod, state=state, clause=error)
    chain = _read_chain(instance.chain)
    certificate = chain[0] if chain else None
    lie = (
        "what it shows is no certificate"
        if certificate is None
        else next(_find_lies(instance, chain, pinned), None)
    )
    if certificate is None or lie is not None:
        return CheckedInstance(pod=instance.pod, state=InstanceState.FALSE, clause=lie or "")
    checked = CheckedInstance(
        pod=instance.pod,
        state=InstanceState.SERVING,
        clause=error,
        certificate=certificate,
        overdue_at=_find_overdue(certificate, pinned),
        started_otherwise=instance.started_with_roots not in {None, pinned.bundle_fingerprint},
    )
    return _judge_use(checked, instance, pinned, now=now)


def _judge_use(
    checked: CheckedInstance, instance: Instance, pinned: Pinned, *, now: datetime
) -> CheckedInstance:
    if checked.not_after is not None and now >= checked.not_after:
        return replace(checked, state=InstanceState.EXPIRED)
    if checked.certificate is None or not _is_signed_by(checked.certificate, pinned.root):
        clause = "an intermediate under the other root"
        return replace(checked, state=InstanceState.OUTDATED, clause=clause)
    if instance.trust_bundle_fingerprint != pinned.bundle_fingerprint:
        return replace(checked, state=InstanceState.OUTDATED, clause="another trust bundle")
    if instance.intermediate_generation != pinned.generation:
        clause = f"an intermediate of generation {instance.intermediate_generation}"
        return replace(checked, state=InstanceState.OUTDATED, clause=clause)
    if not instance.loaded_by_istiod:
        return replace(checked, state=InstanceState.UNLOADED)
    if checked.overdue_at is not None and now >= checked.overdue_at:
        return replace(checked, state=InstanceState.OVERDUE)
    return replace(checked, state=InstanceState.FAILING) if checked.clause else checked


def _find_lies(instance: Instance, chain: tuple[Certificate, ...], pinned: Pinned) -> Iterator[str]:
    """Return what the certificate itself says otherwise, as clauses."""
    certificate = chain[0]
    if not (_is_signed_by(certificate, pinned.root) or _leads_to_any(chain, pinned.roots)):
        yield UNDER_ANOTHER_ROOT
    if certificate.common_name != pinned.common_name:
        yield "its certificate bears another name than this cluster's"
    if not (certificate.is_ca and certificate.allows_signing):
        yield "its certificate is no CA's"
    if certificate.path_length != 0:
        yield "its certificate may sign further CAs"
    told = {
        "serial": (_read_serial(instance.serial), _read_serial(certificate.serial)),
        "fingerprint": (instance.fingerprint, certificate.fingerprint),
        "begin": (instance.not_before, certificate.not_before),
        "end": (instance.not_after, certificate.not_after),
    }
    for name, (said, found) in told.items():
        if said is not None and said != found:
            yield f"it tells another {name} than its certificate has"
    issuer = instance.issuer_fingerprint
    if issuer is not None and issuer not in _list_issuers(chain, pinned):
        yield "it tells another issuer than its certificate has"
    if (instance.intermediate_generation or 0) > pinned.generation:
        yield "it tells a generation that nobody asked for"


def _refuse_twin(checked: CheckedInstance, others: tuple[CheckedInstance, ...]) -> CheckedInstance:
    """Believe neither of two replicas with one certificate: one of them took it from status."""
    mine = checked.certificate
    twins = [each.pod for each in others if mine is not None and each.certificate == mine]
    if len(twins) < 2:
        return checked
    clause = f"{' and '.join(sorted(twins)[:2])} show one and the same certificate"
    return CheckedInstance(pod=checked.pod, state=InstanceState.FALSE, clause=clause)


def _find_overdue(certificate: Certificate, pinned: Pinned) -> datetime:
    """Return when half of the time for renewal has passed in vain."""
    life = certificate.not_after - certificate.not_before
    return certificate.not_after - timedelta(
        seconds=life.total_seconds() * pinned.renewal_ratio / 2
    )


def _read_serial(text: str | None) -> int | None:
    return None if text is None else int(text.replace(":", ""), 16)


def _list_issuers(chain: tuple[Certificate, ...], pinned: Pinned) -> frozenset[str]:
    """Return the fingerprints of what signed it: a root, and what a root has of another."""
    known = (pinned.root, *pinned.roots, *chain[1:])
    return frozenset(each.fingerprint for each in known if _is_signed_by(chain[0], each))


@lru_cache(maxsize=_KNOWN_MAX)
def _read_chain(chain: str) -> tuple[Certificate, ...]:
    """Return a chain from the intermediate up, nothing for a text that is none."""
    try:
        return parse_certificates(chain)
    except UnreadableCertificateError:
        return ()


@lru_cache(maxsize=_KNOWN_MAX)
def _leads_to_any(chain: tuple[Certificate, ...], roots: tuple[Certificate, ...]) -> bool:
    """Whether a chain ends in one of the roots, as it does while another one takes its place."""
    return any(find_path(chain[0], between=chain[1:], root=root) is not None for root in roots)


_is_signed_by = lru_cache(maxsize=_KNOWN_MAX)(is_issued_by)
