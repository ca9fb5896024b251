"""Objects of the management cluster, as the hub, the cluster role and agents leave them."""

from __future__ import annotations

from typing import Any

from roottrust.api.issued_certificate import Instance
from roottrust.cli.status.found import FoundObjects
from roottrust.domain.mirror_mark import MIRROR_LABEL
from tests.unit.domain.agent_entries import BUNDLE, NAME, build_instance, dump
from tests.unit.domain.samples import ROOT

HOME = "gloo-mesh"
MESH = "istiod-istio-system-cluster1"
POLICY = "gloo-mesh/fleet"
SINCE = "2030-01-01T00:00:00Z"
TYPES = (
    "Accepted",
    "VaultReachable",
    "VaultConfigured",
    "CertificatesIssued",
    "TrustPropagated",
    "Ready",
)


def show(moment: Any) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def build_condition(type_: str, status: str = "True", *, reason: str = "Fine") -> dict[str, Any]:
    message = f"{type_} is told: see to it."
    return {
        "type": type_,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": SINCE,
    }


def build_conditions(**unmet: str) -> list[dict[str, Any]]:
    """Return all conditions; those that are named have another status."""
    return [
        build_condition(each, unmet.get(each, "True"), reason=unmet.get(f"{each}_reason", "Fine"))
        for each in TYPES
    ]


def build_told(cluster: str = "cluster1", mesh: str = MESH, **changes: Any) -> dict[str, Any]:
    """Return what the status of a policy has of one mesh."""
    told = {
        "cluster": cluster,
        "mesh": mesh,
        "instancesReady": 1,
        "instancesTotal": 1,
        "earliestNotAfter": show(build_instance().not_after),
        "namespacesInSync": 3,
        "namespacesTotal": 3,
    }
    return {**told, **changes}


def build_policy(
    full_name: str = POLICY,
    *,
    generation: int = 1,
    spec: dict[str, Any] | None = None,
    **status: Any,
) -> dict[str, Any]:
    """Return a policy that is well, with one mesh; its status is changed as given."""
    namespace, name = full_name.split("/")
    known = {
        "observedGeneration": 1,
        "conditions": build_conditions(),
        "root": {
            "subject": ROOT.subject,
            "fingerprint": ROOT.fingerprint,
            "notAfter": show(ROOT.not_after),
            "mount": "pki",
        },
        "trustBundle": [{"fingerprint": ROOT.fingerprint, "reason": "Root"}],
        "meshes": [build_told()],
    }
    told = {**known, **status}
    ready = sum("message" not in each for each in told["meshes"])
    totals = {"total": len(told["meshes"]), "ready": ready}
    return {
        "metadata": {
            "namespace": namespace,
            "name": name,
            "generation": generation,
            "uid": "u-1",
            "resourceVersion": "7",
        },
        "spec": spec or {"rotation": {"intermediateGeneration": 1}},
        "status": {"meshTotals": totals, **told},
    }


def build_mesh(
    *, namespace: str = HOME, cluster: str = "cluster1", **status: Any
) -> dict[str, Any]:
    """Return a Mesh whose cluster reports that all is well."""
    told = {
        "rootFingerprints": [ROOT.fingerprint],
        "namespaces": {"inSync": 3, "total": 3},
        "istiod": {"ready": 1, "total": 1},
        "selfSigned": False,
    }
    place = {"namespace": "istio-system", "cluster": cluster}
    return {
        "metadata": {"namespace": namespace, "name": f"istiod-istio-system-{cluster}"},
        "spec": {"istio": {"installation": place}},
        "status": {**told, **status},
    }


def build_mirror(
    *instances: dict[str, Any], policy: str = POLICY, generation: int = 1, **status: Any
) -> dict[str, Any]:
    """Return the mirror of a mesh in cluster2 with what the hub judged of its istiods."""
    found = build_mesh(cluster="cluster2")
    labels = {"app.kubernetes.io/managed-by": "roottrust", MIRROR_LABEL: "cluster2"}
    issuance = {
        "policy": policy,
        "rootFingerprint": ROOT.fingerprint,
        "intermediateGeneration": generation,
        "instances": list(instances or (build_mirrored(),)),
    }
    current = build_condition("Current")
    told = {**found["status"], "issuance": issuance, "conditions": [current], **status}
    return {**found, "metadata": {**found["metadata"], "labels": labels}, "status": told}


def build_mirrored(pod: str = "istiod-far", **changes: Any) -> dict[str, Any]:
    """Return what the hub judged of one istiod."""
    told = build_instance()
    return {
        "pod": pod,
        "state": "Serving",
        "serial": told.serial,
        "fingerprint": told.fingerprint,
        "intermediateGeneration": 1,
        "notAfter": show(told.not_after),
        "loadedByIstiod": True,
        **changes,
    }


def build_certificate(
    *instances: Instance, policy: str = POLICY, generation: int = 1
) -> dict[str, Any]:
    """Return an IssuedCertificate with what agents report; one that is well if none is given."""
    mark = f"roottrust hub=hub policy={policy} uid=u-1 origin=created"
    return {
        "metadata": {
            "namespace": "istio-system",
            "name": MESH,
            "annotations": {"internal.gloo.solo.io/owner": mark},
        },
        "spec": {
            "meshRef": {
                "name": MESH,
                "cluster": "cluster1",
                "namespace": "istio-system",
                "deployment": "istiod",
            },
            "certOptions": {"commonName": NAME, "ttlDays": 90},
            "agentCa": {
                "vault": {
                    "caPath": "pki/issuer/1/sign-intermediate",
                    "server": "https://vault.example:8200",
                    "kubernetesAuth": {"mountPath": "/v1/auth/kubernetes", "role": "role"},
                }
            },
            "trustBundle": BUNDLE.pem,
            "intermediateGeneration": generation,
        },
        "status": {"instances": dump(*(instances or (build_instance(),)))},
    }


def build_lease(holder: str, renewed: str) -> dict[str, Any]:
    """Return what a hub renews."""
    spec = {"holderIdentity": holder, "leaseDurationSeconds": 15, "renewTime": renewed}
    return {"metadata": {"namespace": HOME, "name": "roottrust-hub"}, "spec": spec}


def find(
    *policies: dict[str, Any],
    meshes: tuple[dict[str, Any], ...] = (),
    certificates: tuple[dict[str, Any], ...] = (),
    lease: dict[str, Any] | None = None,
) -> FoundObjects:
    return FoundObjects(
        home=HOME, policies=policies, meshes=meshes, certificates=certificates, lease=lease
    )


def find_well() -> FoundObjects:
    """Return a fleet of one cluster in which all is well."""
    return find(build_policy(), meshes=(build_mesh(),), certificates=(build_certificate(),))
