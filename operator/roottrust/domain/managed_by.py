"""The label by which objects in Kubernetes say that roottrust keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MANAGED_BY: Final[Mapping[str, str]] = {"app.kubernetes.io/managed-by": "roottrust"}


def is_managed(labels: Mapping[str, object]) -> bool:
    """Whether an object with these labels is one that roottrust keeps."""
    return MANAGED_BY.items() <= labels.items()
