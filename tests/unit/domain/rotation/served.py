"""Intermediates of one cluster as time goes by, and what its istiods serve of them."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from cryptography import x509

from roottrust.domain.certificate import Certificate, parse_certificate
from roottrust.domain.names import build_intermediate_common_name
from roottrust.domain.rotation.revocation import SignedIntermediate, find_intermediate
from roottrust.domain.rotation.served_intermediates import ServedCluster, ServedMesh
from roottrust.domain.rotation.unseen import SignedCertificate
from tests.unit.domain.authorities import DAY, Authority
from tests.unit.domain.certificates import NOW
from tests.unit.domain.samples import ROOT, ROOT_KEY

NAME = build_intermediate_common_name("cluster1")
AUTHORITY = Authority(x509.load_pem_x509_certificate(ROOT.pem.encode()), ROOT_KEY)


@cache
def issue(days_ago: int, number: int = 0, *, name: str = NAME, life: int = 365) -> Certificate:
    """Return an intermediate that was made some days ago; another number is another one."""
    assert number >= 0
    begin = NOW - days_ago * DAY
    return parse_certificate(AUTHORITY.issue(name, begin=begin, end=begin + life * DAY).pem)


def sign(certificate: Certificate, **changes: Any) -> SignedIntermediate:
    """Return what the mount has of one."""
    signed = SignedCertificate(serial=certificate.serial, pem=certificate.pem, **changes)
    found = find_intermediate(signed)
    assert found is not None
    return found


def serve(
    *own: Certificate, others: tuple[Certificate, ...] = (), wait: str | None = None
) -> ServedCluster:
    """Return a cluster whose istiods serve these."""
    beside = ServedMesh(mesh="beside", policy="team/other", certificates=others)
    return ServedCluster(
        own=(ServedMesh(mesh="mine", policy="gloo-mesh/fleet", certificates=own, wait=wait),),
        others=(beside,) if others else (),
    )


def ago(days: int) -> datetime:
    return NOW - days * DAY
