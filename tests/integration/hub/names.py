"""Names in Vault: those of the guide, or a set that one test has for itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.integration.vault_calls import Ask, read

# What the tests' operator may touch beside the guide's names, each for one purpose.
GENERATED_ROOTS = (
    "pki_made",
    "pki_signing",
    "pki_shared",
    "pki_drifting",
    "pki_lost",
    "pki_kept",
    # One for each run in turn: what an operator has just read of a mount it knows for some seconds.
    *(f"pki_faulty_{number:02}" for number in range(16)),
    "pki_planned",
    "pki_several",
    "pki_imported",
    "pki_refused",
    "pki_granted",
    *(f"pki_rotated_{number}" for number in range(10)),
    "pki_steered",
    *(f"pki_compromised_{number}" for number in range(3)),
    *(f"pki_leaked_{number}" for number in range(7)),
    *(f"pki_leaked_far_{number}" for number in range(2)),
    *(f"pki_restored_{number}" for number in range(3)),
    "pki_read_0",
)
GRANT = {
    "policyNamespaces": ["gloo-mesh", "test-*"],
    "rootMounts": ["pki", *GENERATED_ROOTS],
    "authMounts": ["kube-${cluster}-mesh-auth", "kube-${cluster}_*"],
    "intermediateMounts": ["pki_int_${cluster}", "pki_int_${cluster}_*"],
    "roles": ["gen-int-ca-istio-${cluster}-mesh", "gen-int-ca-istio-${cluster}_*"],
}


@dataclass(frozen=True, kw_only=True)
class Names:
    """Where the objects of one policy are in Vault, and which mesh they are for."""

    mesh_namespace: str
    cluster: str = "cluster1"
    auth_mount: str
    intermediate_mount: str
    role: str

    @property
    def paths(self) -> tuple[str, ...]:
        """The objects as status names them, in the order in which they are made."""
        auth = f"auth/{self.auth_mount}"
        return (
            self.intermediate_mount,
            auth,
            f"{auth}/config",
            f"sys/policies/acl/{self.role}",
            f"{auth}/role/{self.role}",
        )

    def build_changes(self) -> dict[str, Any]:
        """Return what to change in the guide's manifest for these names."""
        vault = "spec.config.agentCa.vault"
        mesh = {"clusterSelector": {"cluster": self.cluster}, "namespace": self.mesh_namespace}
        return {
            "spec.applyToMeshes": [{"istio": mesh}],
            f"{vault}.csrPath": f"{self.intermediate_mount}/intermediate/generate/exported",
            f"{vault}.kubernetesAuth.mountPath": f"/v1/auth/{self.auth_mount}",
            f"{vault}.kubernetesAuth.role": self.role,
        }


GUIDE_NAMES = Names(
    mesh_namespace="istio-system",
    auth_mount="kube-cluster1-mesh-auth",
    intermediate_mount="pki_int_cluster1",
    role="gen-int-ca-istio-cluster1-mesh",
)


def build_names(
    suffix: str, *, mesh_namespace: str | None = None, cluster: str = "cluster1"
) -> Names:
    """Return names that no other policy has; its mesh is no other's, or the older one counted."""
    return Names(
        mesh_namespace=mesh_namespace or f"istio-{suffix}",
        cluster=cluster,
        auth_mount=f"kube-{cluster}_{suffix}",
        intermediate_mount=f"pki_int_{cluster}_{suffix}",
        role=f"gen-int-ca-istio-{cluster}_{suffix}",
    )


Objects = dict[str, dict[str, Any] | None]


def read_objects(admin: Ask, names: Names, *, root: str = "pki") -> Objects:
    """Return everything of one policy that Vault has, by path; None for what it does not."""
    intermediate, auth, config, policy, role = names.paths
    document = read(admin, policy)
    return {
        root: read_mount(admin, "sys/mounts", root),
        intermediate: read_mount(admin, "sys/mounts", intermediate),
        auth: read_mount(admin, "sys/auth", names.auth_mount),
        config: read(admin, config),
        # OpenBao counts versions, which are no part of what was written.
        policy: document and {"policy": document["policy"]},
        role: read(admin, role),
    }


def find_changes(before: Objects, after: Objects) -> Objects:
    """Return the objects that are not as they were."""
    return {path: data for path, data in after.items() if data != before[path]}


def read_accessor(admin: Ask, names: Names) -> str:
    """Return by what Vault tells the auth mount from one that was made anew under its name."""
    found = read(admin, f"sys/auth/{names.auth_mount}")
    assert found is not None
    return str(found["accessor"])


def read_mount(admin: Ask, table: str, mount: str) -> dict[str, Any] | None:
    """Return what makes a mount what it is; that it was made anew does not show."""
    found = (read(admin, table) or {}).get(f"{mount}/")
    if found is None:
        return None
    max_ttl = found["config"]["max_lease_ttl"]
    return {"type": found["type"], "description": found["description"], "max_lease_ttl": max_ttl}
