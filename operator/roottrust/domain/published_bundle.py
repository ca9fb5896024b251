"""The roots that an istiod publishes in every namespace (istio, namespacecontroller.go)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from roottrust.domain.certificate import (
    Certificate,
    UnreadableCertificateError,
    parse_certificates,
)
from roottrust.domain.manifest import Manifest, read_mapping, read_mappings
from roottrust.domain.published_root import is_istiods_own
from roottrust.domain.trust_bundle import fingerprint_text

CONFIG_MAP = "istio-ca-root-cert"
KEY = "root-cert.pem"


@dataclass(frozen=True, kw_only=True)
class PublishedBundle:
    """One published text; `trouble` says why it is no roots, None if it is.

    `written_at` is when the API server was last given it, None if that does not say.
    """

    text_fingerprint: str
    roots: tuple[Certificate, ...] = ()
    trouble: str | None = None
    written_at: datetime | None = None

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
        roots = parse_certificates(text)
    except UnreadableCertificateError as error:
        return PublishedBundle(text_fingerprint=fingerprint, trouble=str(error))
    written_at = _find_written(read_mapping((config_map or {}).get("metadata")))
    return PublishedBundle(text_fingerprint=fingerprint, roots=roots, written_at=written_at)


def find_text(config_map: Manifest | None) -> str | None:
    """Return the roots' text, None if there is none."""
    text = read_mapping((config_map or {}).get("data")).get(KEY)
    return text if isinstance(text, str) and text else None


def _find_written(metadata: Manifest) -> datetime | None:
    """Return when the text was last changed, by the fields that Kubernetes notes for writers."""
    times = [
        datetime.fromisoformat(str(each["time"]))
        for each in read_mappings(metadata.get("managedFields"))
        if each.get("time") and f"f:{KEY}" in read_mapping(_read_fields(each).get("f:data"))
    ]
    return max(times, default=None)


def _read_fields(managed: Manifest) -> Manifest:
    return read_mapping(managed.get("fieldsV1"))
