"""Label selectors as Kubernetes has them (metav1.LabelSelector)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roottrust.domain.manifest import Manifest, read_mapping, read_mappings, read_texts


def matches_any(selectors: tuple[Manifest, ...], labels: Mapping[str, Any]) -> bool:
    """Whether one of the selectors takes these labels; no selectors at all take everything."""
    return not selectors or any(_matches(each, labels) for each in selectors)


def _matches(selector: Manifest, labels: Mapping[str, Any]) -> bool:
    wanted = read_mapping(selector.get("matchLabels"))
    expressions = read_mappings(selector.get("matchExpressions"))
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _holds(each, labels) for each in expressions
    )


def _holds(expression: Manifest, labels: Mapping[str, Any]) -> bool:
    """Whether one requirement is met; one of an operator that is unknown never is."""
    found = labels.get(str(expression.get("key")))
    values = read_texts(expression.get("values"))
    match expression.get("operator"):
        case "In":
            return found in values
        case "NotIn":
            return found not in values
        case "Exists":
            return found is not None
        case "DoesNotExist":
            return found is None
        case _:
            return False
