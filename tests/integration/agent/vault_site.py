"""Vault as the hub leaves it for the agents of one cluster: its real objects, its least policy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from roottrust.api.choices import KeyType, ObjectOrigin, RootSource
from roottrust.domain.action import Action, Verb
from roottrust.domain.desired import (
    build_auth_config,
    build_auth_mount,
    build_intermediate_mount,
    build_policy,
    build_role,
    build_root,
    build_root_mount,
)
from roottrust.domain.login_check import ClientReview, LoginCheck, SignatureCheck
from roottrust.domain.mark import Mark
from roottrust.domain.names import build_audience, build_intermediate_common_name
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.target import (
    Account,
    ClusterTarget,
    IntermediateOptions,
    RootTarget,
    VaultTarget,
)
from roottrust.domain.token_keys import parse_token_keys
from roottrust.domain.vault_object import VaultObject
from roottrust.vault.apply import build_request
from testbed import Cluster, Vault
from tests.integration.kube_api import read_raw
from tests.integration.vault_calls import Ask, build_ask, read, write

CLUSTER = "cluster1"
TTL_DAYS = 365
# Options by which it is renewed some nine seconds after it began, on a life of a day.
SOON = {"ttlDays": 1, "secretRotationGracePeriodRatio": 0.9999}

_MARK = Mark(
    hub="test",
    policy=PolicyIdentity(namespace="gloo-mesh", name="test", uid="1"),
    origin=ObjectOrigin.CREATED,
)


@dataclass(frozen=True)
class VaultSite:
    """One root, and a login for one istiod; all its names in Vault are the test's own."""

    vault: Vault
    admin: Ask
    target: VaultTarget
    issuer_id: str
    root_pem: str

    @property
    def cluster(self) -> ClusterTarget:
        return self.target.clusters[0]

    @property
    def sign_path(self) -> str:
        return f"{self.target.root.mount}/issuer/{self.issuer_id}/sign-intermediate"

    @property
    def csr_path(self) -> str:
        return f"{self.cluster.intermediate_mount}/intermediate/generate/exported"

    @property
    def common_name(self) -> str:
        return build_intermediate_common_name(CLUSTER)

    def build_agent_ca(self, *, csr: bool = False) -> dict[str, Any]:
        """Return `spec.agentCa` as the hub writes it."""
        vault = {
            "server": self.vault.address,
            "caBundle": self.vault.ca_file.read_text(),
            "caPath": self.sign_path,
            "kubernetesAuth": {
                "mountPath": f"/v1/auth/{self.cluster.auth_mount}",
                "role": self.cluster.role,
            },
            **({"csrPath": self.csr_path} if csr else {}),
        }
        return {"vault": vault}

    def grant(self, *, ttl_days: int = TTL_DAYS, key_type: KeyType = KeyType.ECDSA_P256) -> None:
        """Write the policy, as the hub does when the options of the intermediates change."""
        options = replace(self.target.intermediate, ttl_days=ttl_days, key_type=key_type)
        _make(self.admin, self._build_policy(options))

    def revoke_rights(self) -> None:
        """Take the right to sign away, and leave the login."""
        name = f"sys/policies/acl/{self.cluster.role}"
        document = 'path "auth/token/revoke-self" { capabilities = ["update"] }'
        write(self.admin, name, {"policy": document})

    def list_tokens(self) -> list[dict[str, Any]]:
        """Return what Vault knows of the agents' tokens that live."""
        listed = self.admin("LIST", "auth/token/accessors")
        accessors = listed.json()["data"]["keys"]
        found = []
        for accessor in accessors:
            answer = self.admin("POST", "auth/token/lookup-accessor", {"accessor": accessor})
            data = answer.json().get("data") or {}
            if data.get("path") == f"auth/{self.cluster.auth_mount}/login":
                found.append(data)
        return found

    def count_keys(self) -> int:
        """Return how many keys the intermediate mount keeps."""
        answer = self.admin("LIST", f"{self.cluster.intermediate_mount}/keys")
        return len(answer.json()["data"]["keys"]) if answer.ok else 0

    def count_issued(self) -> int:
        """Return how many certificates the root's mount has issued, the root among them."""
        answer = self.admin("LIST", f"{self.target.root.mount}/certs")
        return len(answer.json()["data"]["keys"])

    def _build_policy(self, options: IntermediateOptions) -> VaultObject:
        return build_policy(
            self.cluster,
            target=replace(self.target, intermediate=options),
            issuer_id=self.issuer_id,
            ttl_days=options.ttl_days,
            mark=_MARK,
        )


def _build_root(root: RootTarget, *, hours: int | None) -> VaultObject:
    """Return the root, with a life that no policy may ask for if hours are given."""
    wanted = build_root(root)
    return wanted if hours is None else replace(wanted, extra={**wanted.extra, "ttl": f"{hours}h"})


@contextmanager
def make_site(
    vault: Vault,
    cluster: Cluster,
    *,
    namespace: str,
    account: str,
    method: str = "jwt",
    root_hours: int | None = None,
) -> Iterator[VaultSite]:
    """Make what the hub makes for an account, named after its namespace; remove it at the end."""
    admin = build_ask(vault, vault.root_token)
    target = _build_target(
        cluster, account=Account(namespace=namespace, name=account), method=method
    )
    agents = target.clusters[0]
    intermediate = str(agents.intermediate_mount)
    for wanted in (
        build_root_mount(target.root, _MARK),
        _build_root(target.root, hours=root_hours),
        build_intermediate_mount(intermediate, ttl_days=TTL_DAYS, mark=_MARK),
        build_auth_mount(agents, _MARK),
        build_auth_config(agents),
        build_role(agents),
    ):
        _make(admin, wanted)
    issuer = read(admin, f"{target.root.mount}/issuer/roottrust-g1")
    assert issuer is not None
    site = VaultSite(
        vault=vault,
        admin=admin,
        target=target,
        issuer_id=issuer["issuer_id"],
        root_pem=issuer["certificate"].strip() + "\n",
    )
    site.grant()
    yield site
    for path in (target.root.mount, intermediate):
        admin("DELETE", f"sys/mounts/{path}")
    admin("DELETE", f"sys/auth/{agents.auth_mount}")
    admin("DELETE", f"sys/policies/acl/{agents.role}")


def _build_target(cluster: Cluster, *, account: Account, method: str) -> VaultTarget:
    name = account.namespace
    agents = ClusterTarget(
        cluster=CLUSTER,
        meshes=(),
        auth_mount=f"auth-{name}",
        role=f"role-{name}",
        intermediate_mount=f"int-{name}",
        kubernetes_host=cluster.server,
        kubernetes_ca_pem=cluster.ca_file.read_text(),
        accounts=(account,),
        login_check=_build_check(cluster, method),
    )
    return VaultTarget(
        server=cluster.server,
        namespace=None,
        root=RootTarget(
            mount=f"root-{name}",
            issuer=None,
            source=RootSource.GENERATE,
            common_name=f"Root {name}",
            ttl_days=3650,
            key_type=KeyType.ECDSA_P256,
        ),
        intermediate=IntermediateOptions(
            ttl_days=TTL_DAYS, key_type=KeyType.ECDSA_P256, organization=None
        ),
        unnamed_ca_path=None,
        clusters=(agents,),
        warnings=(),
    )


def _build_check(cluster: Cluster, method: str) -> LoginCheck:
    if method == "kubernetes":
        return ClientReview()
    documents = [
        read_raw(cluster, path) for path in ("/.well-known/openid-configuration", "/openid/v1/jwks")
    ]
    return SignatureCheck(audience=build_audience(CLUSTER), keys=parse_token_keys(*documents))


def _make(admin: Ask, wanted: VaultObject) -> None:
    path, body = build_request(Action(verb=Verb.CREATE, wanted=wanted))
    write(admin, path, body)
