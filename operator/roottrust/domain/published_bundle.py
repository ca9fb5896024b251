"""The roots that an istiod publishes in every namespace (istio, namespacecontroller.go)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from roottrust.domain.certificate import (
    Certificate,
    UnreadableCertificateError,
    parse_certificates,
)
from roottrust.domain.istiod_manifest import read_mapping
from roottrust.domain.published_root import is_istiods_own
from roottrust.domain.trust_bundle import fingerprint_text

CONFIG_MAP = "istio-ca-root-cert"
KEY = "root-cert.pem"

Manifest = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class PublishedBundle:
    """One published text; `trouble` says why it is no roots, None if it is."""

    text_fingerprint: str
    roots: tuple[Certificate, ...] = ()
    trouble: str | None = None

    @property
    def is_istiods_own(self) -> bool:
        """Whether istiod made one of the roots by itself."""
        return any(is_istiods_own(each) for each in self.roots)


def read_published(config_map: Manifest | None) -> PublishedBundle | None:
    """Return what a ConfigMap publishes, None if that is nothing."""
    text = find_text(config_map)
    if text is None:
        return None
    fingerprint = fingerprint_text(text)
    try:
        return PublishedBundle(text_fingerprint=fingerprint, roots=parse_certificates(text))
    except UnreadableCertificateError as error:
        return PublishedBundle(text_fingerprint=fingerprint, trouble=str(error))


def find_text(config_map: Manifest | None) -> str | None:
    """Return the roots' text, None if there is none."""
    text = read_mapping((config_map or {}).get("data")).get(KEY)
    return text if isinstance(text, str) and text else None
