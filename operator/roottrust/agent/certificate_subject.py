"""What log lines and Events of an agent are about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roottrust.domain.manifest import read_mapping
from roottrust.domain.mark import OWNER_ANNOTATION, parse_mark


def describe_certificate(certificate: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the fields of an IssuedCertificate: its policy, cluster and mesh; none without one."""
    found = certificate or {}
    reference = read_mapping(read_mapping(found.get("spec")).get("meshRef"))
    marks = read_mapping(read_mapping(found.get("metadata")).get("annotations"))
    mark = parse_mark(str(marks.get(OWNER_ANNOTATION) or ""))
    return {
        "policy": f"{mark.policy.namespace}/{mark.policy.name}" if mark else "",
        "cluster": str(reference.get("cluster") or ""),
        "mesh": str(reference.get("name") or ""),
    }
