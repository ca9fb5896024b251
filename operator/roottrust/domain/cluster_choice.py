"""The clusters that a policy is for, and what is told of those that it cannot be for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.known import KnownCluster
from roottrust.domain.nearest_miss import describe_nearest_miss
from roottrust.domain.selection import find_named, select_clusters, select_refused


@dataclass(frozen=True, kw_only=True)
class ClusterChoice:
    """Those that are selected, among all that are registered.

    Warnings name those that are refused, and tell what those selected have to say.
    """

    selected: tuple[KnownCluster, ...]
    known: tuple[KnownCluster, ...]
    warnings: tuple[str, ...]


def choose_clusters(spec: RootTrustPolicySpec, clusters: Iterable[KnownCluster]) -> ClusterChoice:
    """Return what a policy selects.

    Raises what `select_clusters` does; where a refused one is all that is selected, its reason.
    """
    known = tuple(clusters)
    refused = select_refused(spec, known)
    warnings = tuple(each.refusal.describe(each.name) for each in refused if each.refusal)
    try:
        selected = select_clusters(spec, known)
    except DependencyMissingError as error:
        refusal = refused[0].refusal if refused else None
        if refusal is None:
            raise _add_hint(error, spec, known) from error
        raise DependencyMissingError(warnings[0], reason=refusal.reason) from error
    warnings += tuple(text for each in selected for text in each.warnings)
    return ClusterChoice(selected=selected, known=known, warnings=warnings)


def _add_hint(
    error: DependencyMissingError, spec: RootTrustPolicySpec, known: tuple[KnownCluster, ...]
) -> DependencyMissingError:
    """Return why none is selected with what the policy was nearest to, of those its paths name."""
    named = find_named(spec)
    possible = [each for each in known if not named or {each.name} == named]
    hint = describe_nearest_miss(spec, possible)
    if hint is None:
        return error
    return DependencyMissingError(f"{error.message} The nearest: {hint}.", reason=error.reason)
