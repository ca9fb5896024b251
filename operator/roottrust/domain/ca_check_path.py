"""What stands above the intermediate, and the times of all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from roottrust.domain.ca_path_fault import find_path_fault
from roottrust.domain.certificate import Certificate
from roottrust.domain.finding import Finding, Severity, fatal, name, warning
from roottrust.domain.issuer_rules import check_issuer
from roottrust.domain.moment import show_time
from roottrust.domain.read_ca import CaPath, ReadCa
from roottrust.domain.reasons import Reason
from roottrust.domain.trial_leaf import LEAF_LIFE


def check_paths(ca: ReadCa, *, now: datetime) -> Iterator[Finding]:
    """Find what is wrong above the intermediate, and when it or anything above it is not valid."""
    yield from _check_validity(ca.intermediate, now)
    if not ca.paths:
        fault = find_path_fault(ca.intermediate, between=ca.chain[1:], roots=ca.roots)
        yield fatal(fault.reason, fault.message)
        return
    yield from _check_issuers(ca, now)
    yield from _check_end(ca, now)
    yield from _check_other_roots(ca, now)


def _check_issuers(ca: ReadCa, now: datetime) -> Iterator[Finding]:
    """Find what is wrong with the issuers; one good path is enough, others then only warn."""
    checked = [tuple(_check_path(path, now)) for path in ca.paths]
    is_usable = not all(checked)
    found = {finding for findings in checked for finding in findings}
    for finding in sorted(found, key=lambda each: each.message):
        yield replace(finding, severity=Severity.WARNING) if is_usable else finding


def _check_path(path: CaPath, now: datetime) -> Iterator[Finding]:
    for position, issuer in enumerate(path.issuers, start=1):
        yield from check_issuer(issuer, intermediates_below=position)
        yield from _check_validity(issuer, now)


def _check_validity(certificate: Certificate, now: datetime) -> Iterator[Finding]:
    begin, end = certificate.not_before, certificate.not_after
    if now < begin:
        yield fatal(
            Reason.NOT_YET_VALID,
            f"{name(certificate)} is valid only from {show_time(begin)}, {_describe(begin - now)} "
            f"ahead of the clock here ({show_time(now)}): set the clocks of Vault and of this node "
            "right (NTP).",
        )
    if now >= end:
        yield fatal(
            Reason.EXPIRED,
            f"{name(certificate)} expired at {show_time(end)}, {_describe(now - end)} ago by the "
            "clock here: if that clock is right, have a new one issued, and exchange the root "
            "first if it is the one.",
        )


def _check_end(ca: ReadCa, now: datetime) -> Iterator[Finding]:
    longest = max(ca.paths, key=lambda path: path.end)
    end = ca.usable_until
    if longest.end < ca.intermediate.not_after:
        first = min(longest.issuers, key=lambda each: each.not_after)
        yield warning(
            Reason.OUTLIVES_ISSUER,
            f"{name(ca.intermediate)} outlives {name(first)} above it and is of no use after "
            f"{show_time(first.not_after)}: exchange that CA before.",
        )
    if now < end < now + LEAF_LIFE:
        yield warning(
            Reason.ENDS_TOO_SOON,
            f"{name(ca.intermediate)} is of use for {_describe(end - now)} more, which is less "
            "than certificates of workloads live: give it a longer ttlDays, or exchange a root "
            "that ends.",
        )


def _check_other_roots(ca: ReadCa, now: datetime) -> Iterator[Finding]:
    """Find pinned roots that are not the intermediate's own and have ended."""
    reached = {path.root.fingerprint for path in ca.paths}
    for root in ca.roots:
        if root.fingerprint not in reached and now >= root.not_after:
            yield warning(
                Reason.EXPIRED,
                f"The root {name(root)} in the trust bundle expired at "
                f"{show_time(root.not_after)}: take it out of the RootTrustPolicy.",
            )


def _describe(length: timedelta) -> str:
    """Return a length of time in its two largest units."""
    seconds = max(0, round(length.total_seconds()))
    units = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)]
    parts = []
    for unit, size in units:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"
