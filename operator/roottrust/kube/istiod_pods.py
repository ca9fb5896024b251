"""The replicas of an istiod."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import DEPLOYMENTS, PODS

_OPERATORS = {"In": "in", "NotIn": "notin"}


@dataclass(frozen=True, kw_only=True)
class IstiodPod:
    """One replica; `address` is None while it has none."""

    name: str
    address: str | None
    is_running: bool


async def read_istiod_pods(
    client: KubeClient, *, namespace: str, deployment: str
) -> tuple[IstiodPod, ...]:
    """Return the pods of a Deployment that are not being deleted, by name.

    Raises DependencyMissingError where there is no such Deployment, and other RootTrustErrors.
    """
    found = await client.get(DEPLOYMENTS, name=deployment, namespace=namespace)
    if found is None:
        raise DependencyMissingError(
            f"The Deployment {namespace}/{deployment} does not exist: is istiod installed here?",
            reason=Reason.API_REFUSED,
        )
    selector = ",".join(_build_terms(found["spec"].get("selector") or {}))
    pods = await client.list(PODS, namespace=namespace, label_selector=selector)
    alive = [each for each in pods if not each["metadata"].get("deletionTimestamp")]
    return tuple(sorted(map(_build_pod, alive), key=lambda pod: pod.name))


def _build_pod(pod: Mapping[str, Any]) -> IstiodPod:
    status = pod.get("status") or {}
    return IstiodPod(
        name=pod["metadata"]["name"],
        address=status.get("podIP") or None,
        is_running=status.get("phase") == "Running",
    )


def _build_terms(selector: Mapping[str, Any]) -> Iterator[str]:
    """Write a LabelSelector as the query of a list has it."""
    for key, value in (selector.get("matchLabels") or {}).items():
        yield f"{key}={value}"
    for each in selector.get("matchExpressions") or ():
        match each["operator"]:
            case "Exists":
                yield each["key"]
            case "DoesNotExist":
                yield f"!{each['key']}"
            case operator:
                yield f"{each['key']} {_OPERATORS[operator]} ({','.join(each['values'])})"
