"""Which kind of object, as a URL names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, order=True)
class ResourceKind:
    """One version of one kind; `group` is empty for the core kinds."""

    group: str
    version: str
    plural: str
    kind: str

    @property
    def api_version(self) -> str:
        """The `apiVersion` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def complete(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Return an object of it as requests and Events have it: lists leave out what it is."""
        return {**manifest, "apiVersion": self.api_version, "kind": self.kind}

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural


NAMESPACES = ResourceKind(group="", version="v1", plural="namespaces", kind="Namespace")
PODS = ResourceKind(group="", version="v1", plural="pods", kind="Pod")
CONFIG_MAPS = ResourceKind(group="", version="v1", plural="configmaps", kind="ConfigMap")
DEPLOYMENTS = ResourceKind(group="apps", version="v1", plural="deployments", kind="Deployment")
REPLICA_SETS = ResourceKind(group="apps", version="v1", plural="replicasets", kind="ReplicaSet")
STATEFUL_SETS = ResourceKind(group="apps", version="v1", plural="statefulsets", kind="StatefulSet")
DAEMON_SETS = ResourceKind(group="apps", version="v1", plural="daemonsets", kind="DaemonSet")
DISRUPTION_BUDGETS = ResourceKind(
    group="policy", version="v1", plural="poddisruptionbudgets", kind="PodDisruptionBudget"
)
SECRETS = ResourceKind(group="", version="v1", plural="secrets", kind="Secret")
SERVICES = ResourceKind(group="", version="v1", plural="services", kind="Service")
EVENTS = ResourceKind(group="", version="v1", plural="events", kind="Event")
SERVICE_ACCOUNTS = ResourceKind(
    group="", version="v1", plural="serviceaccounts", kind="ServiceAccount"
)
SELF_SUBJECT_ACCESS_REVIEWS = ResourceKind(
    group="authorization.k8s.io",
    version="v1",
    plural="selfsubjectaccessreviews",
    kind="SelfSubjectAccessReview",
)
SUBJECT_ACCESS_REVIEWS = ResourceKind(
    group="authorization.k8s.io",
    version="v1",
    plural="subjectaccessreviews",
    kind="SubjectAccessReview",
)
DEFINITIONS = ResourceKind(
    group="apiextensions.k8s.io",
    version="v1",
    plural="customresourcedefinitions",
    kind="CustomResourceDefinition",
)
LEASES = ResourceKind(group="coordination.k8s.io", version="v1", plural="leases", kind="Lease")


def build_path(
    kind: ResourceKind, *, namespace: str | None, name: str | None = None, subresource: str = ""
) -> str:
    """Return the path of a collection or an object; names were DNS labels or are quoted later."""
    parts = ["/apis", kind.group, kind.version] if kind.group else ["/api", kind.version]
    if namespace:
        parts += ["namespaces", namespace]
    parts.append(kind.plural)
    parts += [part for part in (name, subresource) if part]
    return "/".join(parts)


def build_selectors(labels: str | None = None, fields: str | None = None) -> dict[str, str]:
    """Return the part of a list's or a watch's query that selects objects."""
    given = {"labelSelector": labels, "fieldSelector": fields}
    return {name: selector for name, selector in given.items() if selector}
