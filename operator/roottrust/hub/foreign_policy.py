"""What is kept of a RootTrustPolicy that another cluster sends, in whatever form.

Its names and its uid go into marks in Vault, among them the first line of a Vault policy: one that
does not have the form that every API server gives them is as if it were not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from roottrust.api.root_trust_policy_status import RootTrustPolicyStatus
from roottrust.domain.names import is_dns_label, is_object_name
from roottrust.hub.foreign_object import is_shallow, keep_metadata, keep_valid

_UID = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)
_GENERATION_MAX = 2**53 - 1

Object = Mapping[str, Any]


def keep_policy(found: Object) -> Object:
    """Return what is kept: of what is unsound, its place alone."""
    metadata = keep_metadata(found["metadata"])
    if not _is_sound(metadata):
        names = ("namespace", "name", "resourceVersion")
        return {"metadata": {each: metadata[each] for each in names if each in metadata}}
    spec = found.get("spec")
    kept = {"metadata": metadata, "spec": spec if is_shallow(spec) else {}}
    status = keep_valid(found.get("status"), RootTrustPolicyStatus)
    return kept if status is None else {**kept, "status": status}


def is_kept(found: Object | None) -> bool:
    """Whether it is there, and was sound."""
    return found is not None and "uid" in found["metadata"]


def _is_sound(metadata: Object) -> bool:
    return (
        is_dns_label(metadata["namespace"])
        and is_object_name(metadata["name"])
        and _UID.fullmatch(metadata.get("uid", "")) is not None
        and _is_time(metadata.get("creationTimestamp", ""))
        and _is_time(metadata.get("deletionTimestamp", "2000-01-01T00:00:00Z"))
        and 0 <= metadata.get("generation", 0) <= _GENERATION_MAX
    )


def _is_time(text: str) -> bool:
    try:
        return _TIME.fullmatch(text) is not None and bool(datetime.fromisoformat(text))
    except ValueError:
        return False
