"""Which RootTrustPolicies a person means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.domain.some_names import list_some

Manifest = Mapping[str, Any]

_NAMED = 5


def choose_policies(
    found: Iterable[Manifest], *, name: str | None, namespace: str | None
) -> tuple[Manifest, ...]:
    """Return the policies of a name or NAMESPACE/NAME, or all of them, by namespace and name.

    Raises DependencyMissingError when there is none.
    """
    known = sorted(found, key=get_full_name)
    chosen = tuple(each for each in known if name in {None, *_list_names(each)})
    if not chosen:
        names = tuple(map(get_full_name, known))
        raise DependencyMissingError(
            _describe_none(names, name=name, namespace=namespace), reason=Reason.API_REFUSED
        )
    return chosen


def get_full_name(policy: Manifest) -> str:
    """Return NAMESPACE/NAME."""
    return f"{policy['metadata']['namespace']}/{policy['metadata']['name']}"


def _list_names(policy: Manifest) -> tuple[str, str]:
    return str(policy["metadata"]["name"]), get_full_name(policy)


def _describe_none(names: tuple[str, ...], *, name: str | None, namespace: str | None) -> str:
    where = f" in namespace {namespace}" if namespace else " in this cluster"
    if not names:
        return (
            f"There is no RootTrustPolicy{where}: see by --context whether this is the management "
            "cluster."
        )
    return f"There is no RootTrustPolicy {name}{where}: there is {list_some(names, most=_NAMED)}."
