"""The hub in a workload cluster: its account there, and the few rights that it has.

What `roottrust cluster join` grants and what the hub asks for are the same list. It cannot read a
Secret there; what is restarted there it asks that cluster's own operator for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from roottrust.api.kind import (
    ISSUED_CERTIFICATE,
    MESH,
    POD_BOUNCE_DIRECTIVE,
    ROOT_TRUST_POLICY,
)

HUB_ACCOUNT = "roottrust-remote-hub"
REVIEWER_ACCOUNT = "roottrust-reviewer"

_RBAC = "rbac.authorization.k8s.io"

Manifest = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Some verbs on a resource; with names, on objects of these names alone."""

    group: str
    resource: str
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()

    def build(self) -> Manifest:
        """Return it as a role has it."""
        rule = {"apiGroups": [self.group], "resources": [self.resource], "verbs": list(self.verbs)}
        return {**rule, "resourceNames": list(self.names)} if self.names else rule


@dataclass(frozen=True, kw_only=True)
class Right:
    """One verb on one resource, in one namespace or in all (empty)."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""

    def build_attributes(self) -> dict[str, str]:
        """Return it as a review of access asks for it."""
        resource, _, subresource = self.resource.partition("/")
        found = {
            "verb": self.verb,
            "group": self.group,
            "resource": resource,
            "subresource": subresource,
            "namespace": self.namespace,
            "name": self.name,
        }
        return {key: value for key, value in found.items() if value}

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}"


# Meshes are read; what istiod's agents are to obtain is written.
CLUSTER_RULES = (
    Rule(group=MESH.group, resource=MESH.plural, verbs=("list", "watch")),
    Rule(
        group=ISSUED_CERTIFICATE.group,
        resource=ISSUED_CERTIFICATE.plural,
        verbs=("list", "watch", "create", "patch", "delete"),
    ),
    Rule(
        group=ISSUED_CERTIFICATE.group,
        resource=f"{ISSUED_CERTIFICATE.plural}/status",
        verbs=("patch",),
    ),
)
# Where `remotePolicies` is on. A patch is for the finalizer of deletionPolicy Delete; Kubernetes
# has no smaller right for it.
POLICY_RULES = (
    Rule(
        group=ROOT_TRUST_POLICY.group,
        resource=ROOT_TRUST_POLICY.plural,
        verbs=("list", "watch", "patch"),
    ),
    Rule(
        group=ROOT_TRUST_POLICY.group,
        resource=f"{ROOT_TRUST_POLICY.plural}/status",
        verbs=("patch",),
    ),
)
# Its own token it renews; that of the reviewer it hands to Vault, where a policy asks for it. What
# is restarted where autoRestartPods is on, it says beside the operator that restarts it.
HOME_RULES = (
    Rule(
        group="",
        resource="serviceaccounts/token",
        verbs=("create",),
        names=(HUB_ACCOUNT, REVIEWER_ACCOUNT),
    ),
    Rule(group="", resource="serviceaccounts", verbs=("get",), names=(REVIEWER_ACCOUNT,)),
    Rule(group=POD_BOUNCE_DIRECTIVE.group, resource=POD_BOUNCE_DIRECTIVE.plural, verbs=("create",)),
)
# The public keys of ServiceAccount tokens, for Vault (method jwt).
_KEYS_RULE: Manifest = {
    "nonResourceURLs": ["/.well-known/openid-configuration", "/openid/v1/jwks"],
    "verbs": ["get"],
}
_REVIEWER_RULE = Rule(group="authentication.k8s.io", resource="tokenreviews", verbs=("create",))


def list_needed_rights() -> tuple[Right, ...]:
    """Return what the hub cannot do without; for anything else policies tell what is missing."""
    return tuple(_list_rights(CLUSTER_RULES))


def list_policy_rights() -> tuple[Right, ...]:
    """Return what the hub needs beside it for RootTrustPolicies there."""
    return tuple(_list_rights(POLICY_RULES))


def _list_rights(rules: tuple[Rule, ...]) -> Iterator[Right]:
    for rule in rules:
        for verb in rule.verbs:
            yield Right(verb=verb, group=rule.group, resource=rule.resource)


def build_remote_manifests(namespace: str, *, with_policies: bool = False) -> tuple[Manifest, ...]:
    """Return what the hub needs in a workload cluster, in the order in which it is applied.

    `with_policies` is for RootTrustPolicies that lie there.
    """
    return tuple(_list_manifests(namespace, with_policies=with_policies))


def list_own_manifests(namespace: str) -> tuple[Manifest, ...]:
    """Return those of them that are the hub's alone, in the order in which they are removed.

    The reviewer stays: Vault may have its token; and the namespace may hold more than this.
    """
    found = _list_manifests(namespace, with_policies=False)
    own = (each for each in found if each["metadata"]["name"] == HUB_ACCOUNT)
    return tuple(reversed(tuple(own)))


def _list_manifests(namespace: str, *, with_policies: bool) -> Iterator[Manifest]:
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    for account in (HUB_ACCOUNT, REVIEWER_ACCOUNT):
        yield {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": account, "namespace": namespace},
            "automountServiceAccountToken": False,
        }
    rules = CLUSTER_RULES + (POLICY_RULES if with_policies else ())
    of_hub = [*(each.build() for each in rules), _KEYS_RULE]
    for account, granted in {
        HUB_ACCOUNT: of_hub,
        REVIEWER_ACCOUNT: [_REVIEWER_RULE.build()],
    }.items():
        yield _build_role("ClusterRole", account, granted)
        yield _build_binding("ClusterRole", account, namespace=namespace)
    yield _build_role("Role", HUB_ACCOUNT, [each.build() for each in HOME_RULES], namespace)
    yield _build_binding("Role", HUB_ACCOUNT, namespace=namespace)


def _build_role(kind: str, name: str, rules: list[Manifest], namespace: str = "") -> Manifest:
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": metadata, "rules": rules}


def _build_binding(role: str, account: str, *, namespace: str) -> Manifest:
    metadata = {"name": account} | ({"namespace": namespace} if role == "Role" else {})
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": f"{role}Binding",
        "metadata": metadata,
        "roleRef": {"apiGroup": _RBAC, "kind": role, "name": account},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
    }
