"""istiod as Vault sees it: a ServiceAccount that may review tokens, as istio's chart has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from testbed import Cluster, Vault
from tests.integration.hub.names import GUIDE_NAMES, Names
from tests.integration.kube_writes import apply_object, create_token
from tests.integration.vault_calls import Ask, build_ask

NAMESPACE = "istio-system"
ACCOUNT = "istiod-service-account"

_REVIEWER = "istiod-token-reviewer"


@dataclass(frozen=True)
class Account:
    """A ServiceAccount; it may review tokens, or its login would fail for want of that."""

    cluster: Cluster
    namespace: str = NAMESPACE
    name: str = ACCOUNT

    def create(self) -> None:
        """Create it with its namespace, and give it what istio's chart gives istiod."""
        subject = f"{self.namespace}-{self.name}"
        for manifest in (
            _build("v1", "Namespace", self.namespace),
            _build("v1", "ServiceAccount", self.name, namespace=self.namespace),
            _build("rbac.authorization.k8s.io/v1", "ClusterRole", _REVIEWER, rules=[_REVIEWS]),
            _build(
                "rbac.authorization.k8s.io/v1",
                "ClusterRoleBinding",
                subject,
                roleRef={
                    "apiGroup": "rbac.authorization.k8s.io",
                    "kind": "ClusterRole",
                    "name": _REVIEWER,
                },
                subjects=[
                    {"kind": "ServiceAccount", "name": self.name, "namespace": self.namespace}
                ],
            ),
        ):
            apply_object(self.cluster, manifest)

    def make_token(self, *, audience: str = "") -> str:
        """Return a token from a TokenRequest, as the kubelet mounts one."""
        return create_token(self.cluster, self.namespace, self.name, audience=audience)


_REVIEWS = {
    "apiGroups": ["authentication.k8s.io"],
    "resources": ["tokenreviews"],
    "verbs": ["create"],
}


def log_in(vault: Vault, jwt: str, names: Names = GUIDE_NAMES) -> requests.Response:
    """Return Vault's answer to a login."""
    nobody = build_ask(vault, "")
    return nobody("POST", f"auth/{names.auth_mount}/login", {"role": names.role, "jwt": jwt})


def ask_as_istiod(vault: Vault, account: Account, names: Names = GUIDE_NAMES) -> Ask:
    """Log in, and return what sends requests with the token that came of it."""
    answer = log_in(vault, account.make_token(), names)
    assert answer.ok, answer.text
    return build_ask(vault, answer.json()["auth"]["client_token"])


def _build(version: str, kind: str, name: str, *, namespace: str = "", **rest: Any) -> Any:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}
