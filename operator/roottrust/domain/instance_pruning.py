"""Taking out of an IssuedCertificate's status what agents reported whose pods are gone.

Server-side apply cannot remove another manager's entry, so it is a JSON patch (RFC 6902) that tests
each entry first: who wrote in between wins.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from roottrust.domain.issued_object import IssuedObject

Operation = dict[str, Any]


def find_missing(issued: IssuedObject, *, pods: Container[str]) -> tuple[str, ...]:
    """Return the pods that have an entry and are not among those of its namespace."""
    return tuple(dict.fromkeys(each for each in issued.pods if each not in pods))


def plan_pruning(issued: IssuedObject, *, gone: Container[str]) -> tuple[Operation, ...]:
    """Return the patch that takes out the entries of pods that are gone, empty for none.

    The last goes first, so that the places of the others stay.
    """
    operations: list[Operation] = []
    for number, pod in reversed(tuple(enumerate(issued.pods))):
        if pod in gone:
            path = f"/status/instances/{number}"
            operations.append({"op": "test", "path": f"{path}/pod", "value": pod})
            operations.append({"op": "remove", "path": path})
    return tuple(operations)
