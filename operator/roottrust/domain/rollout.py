"""How far the rollout of a workload has come, by its own status, as `kubectl rollout` reads it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from roottrust.domain.manifest import Manifest, read_mapping
from roottrust.domain.object_condition import find_condition
from roottrust.domain.reasons import Reason

_PERCENTAGE = re.compile(r"([0-9]{1,9})%", re.ASCII)
_QUARTER = "25%"
_READY = "readyReplicas"
_DEADLINE = "ProgressDeadlineExceeded"


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """One rollout: whether all `wanted` pods are new and ready.

    `is_seen` is whether its controller has seen the template as it is now. `hold` is why it does
    not go on by itself, None where it does. `may_miss` is how many pods its strategy takes away at
    once.
    """

    wanted: int
    is_seen: bool
    is_complete: bool
    hold: Reason | None = None
    has_failed: bool = False
    is_on_delete: bool = False
    may_miss: int = 0


def read_rollout(kind: str, manifest: Manifest) -> Rollout:
    """Return the rollout of a Deployment, StatefulSet or DaemonSet."""
    match kind:
        case "Deployment":
            return _read_deployment(manifest)
        case "StatefulSet":
            return _read_stateful_set(manifest)
        case _:
            return _read_daemon_set(manifest)


def _read_deployment(manifest: Manifest) -> Rollout:
    spec, status = read_mapping(manifest.get("spec")), read_mapping(manifest.get("status"))
    wanted, is_seen = _count(spec, "replicas", default=1), _is_seen(manifest)
    fresh = min(_count(status, "updatedReplicas"), _count(status, "availableReplicas"))
    is_single = _count(status, "replicas") == _count(status, "updatedReplicas")
    return Rollout(
        wanted=wanted,
        is_seen=is_seen,
        is_complete=is_seen and is_single and fresh >= wanted,
        hold=Reason.ROLLOUT_PAUSED if spec.get("paused") is True else None,
        has_failed=is_seen and _has_exceeded_deadline(status),
        may_miss=_count_missing_of_deployment(spec, wanted),
    )


def _read_stateful_set(manifest: Manifest) -> Rollout:
    spec, status = read_mapping(manifest.get("spec")), read_mapping(manifest.get("status"))
    strategy = read_mapping(spec.get("updateStrategy"))
    rolling = read_mapping(strategy.get("rollingUpdate"))
    wanted, is_seen = _count(spec, "replicas", default=1), _is_seen(manifest)
    ready = _count(status, "availableReplicas" if "availableReplicas" in status else _READY)
    fresh = min(_count(status, "updatedReplicas"), ready)
    is_on_delete = strategy.get("type") == "OnDelete"
    misses = _resolve(rolling.get("maxUnavailable", 1), wanted, up=True)
    is_partitioned = not is_on_delete and _count(rolling, "partition") > 0
    return Rollout(
        wanted=wanted,
        is_seen=is_seen,
        is_complete=is_seen and fresh >= wanted,
        hold=Reason.ROLLOUT_PARTITIONED if is_partitioned else None,
        is_on_delete=is_on_delete,
        may_miss=0 if is_on_delete else min(misses, wanted),
    )


def _read_daemon_set(manifest: Manifest) -> Rollout:
    spec, status = read_mapping(manifest.get("spec")), read_mapping(manifest.get("status"))
    strategy = read_mapping(spec.get("updateStrategy"))
    rolling = read_mapping(strategy.get("rollingUpdate"))
    wanted, is_seen = _count(status, "desiredNumberScheduled"), _is_seen(manifest)
    fresh = min(_count(status, "updatedNumberScheduled"), _count(status, "numberAvailable"))
    is_on_delete = strategy.get("type") == "OnDelete"
    # It surges or takes pods away, never both.
    surges = _resolve(rolling.get("maxSurge", 0), wanted, up=True) > 0
    misses = 0 if surges else _resolve(rolling.get("maxUnavailable", 1), wanted, up=True)
    return Rollout(
        wanted=wanted,
        is_seen=is_seen,
        is_complete=is_seen and fresh >= wanted,
        is_on_delete=is_on_delete,
        may_miss=0 if is_on_delete else min(misses, wanted),
    )


def _is_seen(manifest: Manifest) -> bool:
    generation = read_mapping(manifest.get("metadata")).get("generation")
    observed = read_mapping(manifest.get("status")).get("observedGeneration")
    return isinstance(generation, int) and isinstance(observed, int) and observed >= generation


def _has_exceeded_deadline(status: Manifest) -> bool:
    progressing = find_condition(status, "Progressing")
    return progressing.get("status") == "False" and progressing.get("reason") == _DEADLINE


def _count_missing_of_deployment(spec: Manifest, wanted: int) -> int:
    strategy = read_mapping(spec.get("strategy"))
    if strategy.get("type") == "Recreate":
        return wanted
    rolling = read_mapping(strategy.get("rollingUpdate"))
    missing = _resolve(rolling.get("maxUnavailable", _QUARTER), wanted, up=False)
    surge = _resolve(rolling.get("maxSurge", _QUARTER), wanted, up=True)
    return min(missing if missing or surge else 1, wanted)


def _resolve(value: object, total: int, *, up: bool) -> int:
    """Return a number of pods, or a percentage of them as Kubernetes rounds it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return max(value, 0)
    found = _PERCENTAGE.fullmatch(str(value))
    if found is None:
        return total  # what cannot be read may be all of them
    share = int(found[1]) * total / 100
    return math.ceil(share) if up else math.floor(share)


def _count(mapping: Manifest, name: str, *, default: int = 0) -> int:
    value = mapping.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else default
