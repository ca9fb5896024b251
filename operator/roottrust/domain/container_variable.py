"""A variable of a container's environment, as far as its manifest tells it."""

from __future__ import annotations

from dataclasses import dataclass

from roottrust.domain.manifest import Manifest, read_mappings


@dataclass(frozen=True, kw_only=True)
class Variable:
    """What is known of one; `text` is None where its value lies elsewhere, in a ConfigMap say."""

    text: str | None


def find_variable(container: Manifest, name: str) -> Variable | None:
    """Return a variable, None where it is not set."""
    found = find_entry(container, name)
    if found is None:
        # Whole ConfigMaps and Secrets may hold anything.
        return Variable(text=None) if read_mappings(container.get("envFrom")) else None
    if found.get("valueFrom") is not None:
        return Variable(text=None)
    return Variable(text=str(found.get("value") or ""))


def find_entry(container: Manifest, name: str) -> Manifest | None:
    """Return a variable as it is written by its name; of two with one name the last counts."""
    found = [each for each in read_mappings(container.get("env")) if each.get("name") == name]
    return found[-1] if found else None
