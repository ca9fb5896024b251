"""What Vault lets the istiod of a cluster do, broken by hand and repaired."""

from __future__ import annotations

from demo.shell import Shell
from demo.waiting import wait_until

_GENEROUS = """
path "pki/*" {
  capabilities = ["create", "read", "update", "delete", "list"]
}
"""


def name_role(cluster: str) -> str:
    """Name the role of a cluster's istiod, and its policy."""
    return f"gen-int-ca-istio-{cluster}-mesh"


def name_auth_mount(cluster: str) -> str:
    """Name the mount at which a cluster's istiod logs in."""
    return f"kube-{cluster}-mesh-auth"


def read_policy(shell: Shell, cluster: str) -> str:
    """Read the Vault policy that the operator has written."""
    return shell.run("bao", "policy", "read", name_role(cluster), show=False)


def has_role(shell: Shell, cluster: str) -> bool:
    """Tell whether the role of a cluster's istiod is there."""
    return shell.ask("bao", "read", _path_role(cluster)).ok


def break_rights(shell: Shell, cluster: str) -> None:
    """Delete the role and widen the policy; wait until both are as they were."""
    before = read_policy(shell, cluster)
    shell.run("bao", "delete", _path_role(cluster))
    shell.narrator.say("And the policy is opened to the whole root mount:")
    shell.run("bao", "policy", "write", name_role(cluster), "-", stdin=before + _GENEROUS)
    with shell.narrator.waiting("waiting for the operator to notice"):
        took = wait_until(
            lambda: read_policy(shell, cluster) == before and has_role(shell, cluster),
            "The operator has not repaired role and policy",
        )
    shell.narrator.good(f"Role and policy are as they were, {took:.1f} s later.")


def _path_role(cluster: str) -> str:
    return f"auth/{name_auth_mount(cluster)}/role/{name_role(cluster)}"
