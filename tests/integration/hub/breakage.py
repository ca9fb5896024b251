"""What people do to Vault by hand: each to one object of one policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.integration.hub.names import Names
from tests.integration.vault_calls import Ask, read

_ROOT_MOUNT = "pki_drifting"

_BROADENED = """{document}
path "pki/*" {{ capabilities = ["create", "read", "update", "delete", "list"] }}
"""
_GUIDES_POLICY = """
path "{intermediate}/*" {{ capabilities = ["create", "read", "update", "delete", "list"] }}
path "pki/cert/ca" {{ capabilities = ["read"] }}
path "pki/root/sign-intermediate" {{ capabilities = ["create", "read", "update", "list"] }}
"""


@dataclass(frozen=True, kw_only=True)
class Breakage:
    """One request to Vault, and what the operator says of it afterwards.

    In braces: the policy's own names, and as it is the Vault policy and the cluster's CA.
    """

    name: str
    method: str
    path: str
    body: Mapping[str, Any] = field(default_factory=dict)
    told: str
    root_mount: str = "pki"

    def __str__(self) -> str:
        return self.name.replace(" ", "-")

    @property
    def changes(self) -> dict[str, Any]:
        """What its policy has unlike the guide's."""
        if self.root_mount == "pki":
            return {}
        path = f"{self.root_mount}/root/sign-intermediate"
        return {
            "spec.config.agentCa.vault.caPath": path,
            "spec.management": {"root": {"source": "Generate"}},
        }

    def apply(self, admin: Ask, names: Names) -> None:
        """Do it."""
        words = {**_get_words(names), **_read_words(admin, names)}
        body = {name: _fill(value, words) for name, value in self.body.items()}
        answer = admin(self.method, _fill(self.path, words), body)
        assert answer.ok, answer.text

    def get_told(self, names: Names) -> str:
        """Return what the Event says."""
        return f"Repaired in Vault: {_fill(self.told, _get_words(names))}."


def _get_words(names: Names) -> dict[str, str]:
    return {
        "intermediate": names.intermediate_mount,
        "auth": names.auth_mount,
        "role": names.role,
    }


def _read_words(admin: Ask, names: Names) -> dict[str, str]:
    policy = read(admin, f"sys/policies/acl/{names.role}")
    config = read(admin, f"auth/{names.auth_mount}/config")
    assert policy
    assert config
    return {"document": policy["policy"], "ca": config["kubernetes_ca_cert"]}


def _fill(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_fill(each, words) for each in value]
    return value.format(**words) if isinstance(value, str) else value


def _delete(name: str, path: str, told: str) -> Breakage:
    return Breakage(name=f"{name} deleted", method="DELETE", path=path, told=told)


def _edit(name: str, path: str, body: Mapping[str, Any], told: str) -> Breakage:
    return Breakage(name=name, method="POST", path=path, body=body, told=told)


def _list_deletions() -> Iterator[Breakage]:
    role, policy = "auth/{auth}/role/{role}", "sys/policies/acl/{role}"
    yield _delete("intermediate mount", "sys/mounts/{intermediate}", "{intermediate} was gone")
    everything = f"auth/{{auth}} was gone; auth/{{auth}}/config was gone; {role} was gone"
    yield _delete("auth mount", "sys/auth/{auth}", everything)
    yield _delete("policy", policy, f"{policy} was gone")
    yield _delete("role", role, f"{role} was gone")


def _list_edits_of_mounts() -> Iterator[Breakage]:
    intermediate, auth = "sys/mounts/{intermediate}/tune", "sys/mounts/auth/{auth}/tune"
    mine = {"description": "mine now"}
    yield _edit(
        "intermediate mount described", intermediate, mine, "{intermediate} had another description"
    )
    yield _edit("auth mount described", auth, mine, "auth/{auth} had another description")
    shorter = {"max_lease_ttl": "3600s"}
    yield _edit(
        "intermediate mount tuned",
        intermediate,
        shorter,
        "{intermediate} had another max_lease_ttl",
    )
    yield Breakage(
        name="mount of a generated root tuned",
        method="POST",
        path=f"sys/mounts/{_ROOT_MOUNT}/tune",
        body=shorter,
        told=f"{_ROOT_MOUNT} had another max_lease_ttl",
        root_mount=_ROOT_MOUNT,
    )


def _list_edits_of_logins() -> Iterator[Breakage]:
    config, role = "auth/{auth}/config", "auth/{auth}/role/{role}"
    elsewhere = {
        "kubernetes_host": "https://evil.example:6443",
        "kubernetes_ca_cert": "{ca}",
        "disable_local_ca_jwt": True,
    }
    yield _edit("login elsewhere", config, elsewhere, f"{config} had another kubernetes_host")
    for field_, value in {
        "bound_service_account_names": ["*"],
        "bound_service_account_namespaces": ["istio-system", "default"],
        "token_policies": ["{role}", "admins"],
        "token_period": 3600,
        "token_no_default_policy": False,
    }.items():
        told = f"{role} had another {field_}"
        yield _edit(f"role with other {field_}", role, {field_: value}, told)


def _list_edits_of_policies() -> Iterator[Breakage]:
    path = "sys/policies/acl/{role}"
    yield _edit("policy broadened", path, {"policy": _BROADENED}, f"{path} had another policy")
    as_in_guide = {"policy": _GUIDES_POLICY}
    yield _edit("policy of the guide", path, as_in_guide, f"{path} had another mark, policy")


BREAKAGES = (
    *_list_deletions(),
    *_list_edits_of_mounts(),
    *_list_edits_of_logins(),
    *_list_edits_of_policies(),
)
