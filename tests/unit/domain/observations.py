"""What an observer of one istiod may have seen."""

from __future__ import annotations

from functools import cache
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from roottrust.domain.discovery import Istiod
from roottrust.domain.observed_trust import ObservedTrust
from roottrust.domain.published_bundle import PublishedBundle, read_published
from roottrust.domain.served_namespaces import ServedNamespaces
from tests.unit.domain.certificates import build_name, build_pem


@cache
def build_root_pem(name: str = "Root") -> str:
    return build_pem(subject=build_name(name))


@cache
def build_self_made_pem() -> str:
    organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "cluster.local")
    return build_pem(subject=x509.Name([organization]))


def publish(text: str) -> PublishedBundle:
    published = read_published({"data": {"root-cert.pem": text}})
    assert published is not None
    return published


ROOT = publish(build_root_pem())
OTHER = publish(build_root_pem("Other"))
SELF_MADE = publish(build_self_made_pem())


def build_istiod(**changes: Any) -> Istiod:
    given = {
        "namespace": "istio-system",
        "deployment": "istiod",
        "pod_labels": {"app": "istiod"},
        "version": "1.30.0",
        "revision": "default",
        "service_account": "istiod",
        "ready": 1,
        "wanted": 1,
    }
    return Istiod(**{**given, **changes})


def build_trust(**changes: Any) -> ObservedTrust:
    """Return that of a mesh in which all is well, with these changes."""
    names = ("default", "istio-system")
    given = {
        "istiod": build_istiod(),
        "published": ROOT,
        "pinned": ROOT.text_fingerprint,
        "served": ServedNamespaces(names=names),
        "bundles": dict.fromkeys(names, ROOT.text_fingerprint),
    }
    return ObservedTrust(**{**given, **changes})
