"""Roots as a mesh may publish them."""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import NameOID

from tests.unit.domain.certificates import build_name, build_pem

ROOT = build_pem(subject=build_name("Root of all meshes"))
OTHER = build_pem(subject=build_name("Another root"))
SELF_MADE = build_pem(
    subject=x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "cluster.local")])
)
