"""Names of pods: which Deployment a pod belongs to, as its name tells."""

from __future__ import annotations

import re

# A ReplicaSet is named after the hash of its template, its pods after five random characters.
_HASH = re.compile(r"[a-z0-9]{1,10}")
_SUFFIX = re.compile(r"[a-z0-9]{5}")
_SUFFIX_LENGTH = 5
_POD_NAME_MAX_LENGTH = 63


def is_pod_of(pod: str, *, deployment: str) -> bool:
    """Tell whether a pod's name, less the two hashes, is that of a Deployment.

    A name that would be too long is cut before its random suffix (apiserver/storage/names), through
    the hash or the dash behind it.
    """
    base, suffix = pod[:-_SUFFIX_LENGTH], pod[-_SUFFIX_LENGTH:]
    start = f"{deployment}-"
    if not _SUFFIX.fullmatch(suffix):
        return False
    is_cut = len(pod) == _POD_NAME_MAX_LENGTH
    if is_cut and len(base) <= len(start):
        return start.startswith(base)
    rest = base.removeprefix(start) if base.startswith(start) else ""
    return bool(_HASH.fullmatch(rest.removesuffix("-"))) and (is_cut or rest.endswith("-"))
