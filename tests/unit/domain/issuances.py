"""IssuedCertificates for tests: what is wanted, what is there, and clusters as a pure function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from roottrust.api.rotation import Rotation
from roottrust.domain.action import Verb
from roottrust.domain.existing_root import UsableRoot
from roottrust.domain.issuance import (
    AgentOptions,
    CertificateKey,
    build_key,
    build_metadata,
    build_spec,
)
from roottrust.domain.issuance_plan import CertificateAction, IssuanceRequest
from roottrust.domain.manifest import Manifest
from roottrust.domain.mark import OWNER_ANNOTATION
from roottrust.domain.plan import Plan
from roottrust.domain.rotation.cluster_trust import ClusterTrust
from roottrust.domain.target import VaultTarget
from roottrust.domain.trust_bundle import build_trust_bundle
from tests.unit.domain.samples import (
    CLAIMANT,
    ISSUER_ID,
    MESH,
    OTHER_HUB,
    OTHER_POLICY,
    OURS,
    OURS_ADOPTED,
    OURS_OF_OLD,
    ROOT,
    build_cluster,
    build_snapshot,
    build_target,
)
from tests.unit.domain.strategies import snapshots
from tests.unit.domain.vault_model import settle

OPTIONS = AgentOptions(ca_pem=None, renewal_ratio=None, rotation=Rotation(), restarts_pods=False)
USABLE = UsableRoot(issuer_id=ISSUER_ID, certificate=ROOT, ttl_days=365)
TRUST = ClusterTrust(signer=USABLE, bundle=build_trust_bundle(ROOT))
CLUSTER = build_cluster(meshes=(MESH,))
TARGET = build_target(CLUSTER)
KEY = build_key(CLUSTER, MESH)
_, _PLANS = settle(build_snapshot(TARGET), rounds=4)
PLAN = _PLANS[-1]


def build_certificate(mark: str = OURS.render(), **spec: Any) -> dict[str, Any]:
    """Return the IssuedCertificate of the sample's mesh as the API server has it."""
    wanted = build_spec(TARGET, CLUSTER, MESH, trust=TRUST, options=OPTIONS)
    metadata = build_metadata(KEY, OURS)
    annotations = {OWNER_ANNOTATION: mark} if mark else {}
    return {
        "metadata": {**metadata, "annotations": annotations, "uid": "uid-c", "generation": 1},
        "spec": {**wanted, **spec},
    }


def build_request(
    found: Mapping[CertificateKey, Manifest] | None = None,
    *,
    target: VaultTarget = TARGET,
    plan: Plan | None = PLAN,
    **changes: Any,
) -> IssuanceRequest:
    request = IssuanceRequest(
        claimant=CLAIMANT,
        target=target,
        options=OPTIONS,
        plan=plan,
        found=found or {},
        complete=frozenset({"cluster1"}),
    )
    return replace(request, **changes)


def apply_actions(
    found: Mapping[CertificateKey, Manifest], actions: Iterable[CertificateAction]
) -> dict[CertificateKey, Manifest]:
    """Return what clusters have after the writes."""
    after = dict(found)
    for action in actions:
        if action.verb is Verb.DELETE:
            del after[action.key]
        else:
            after[action.key] = _apply(after.get(action.key), action)
    return after


def _apply(known: Manifest | None, action: CertificateAction) -> Manifest:
    """Apply server-side: fields of others stay unless they are taken off."""
    spec = _merge((known or {}).get("spec") or {}, action.manifest["spec"])
    for pointer in action.extra:
        *path, last = pointer.removeprefix("/spec/").split("/")
        part = spec
        for name in path:
            part = part[name]
        del part[int(last) if isinstance(part, list) else last]
    metadata = _merge(
        (known or {}).get("metadata") or {"uid": "uid-n"}, action.manifest["metadata"]
    )
    return {**(known or {}), "metadata": metadata, "spec": spec}


def _merge(known: Mapping[str, Any], applied: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(known)
    for name, value in applied.items():
        old = merged.get(name)
        is_both = isinstance(old, Mapping) and isinstance(value, Mapping)
        if is_both:
            merged[name] = _merge(old, value)
        elif name == "hosts":  # a set: what others added to it stays
            merged[name] = [*(old or []), *(each for each in value if each not in (old or []))]
        else:
            merged[name] = value
    return merged


@st.composite
def certificates(draw: st.DrawFn, manifest: Manifest) -> Manifest | None:
    """What a cluster may have in the place of one: nothing, ours, edited, or somebody else's."""
    state = draw(st.sampled_from(("absent", "right", "edited", "going", "odd")))
    if state == "absent":
        return None
    if state == "odd":
        return {
            "metadata": {"name": "x"},
            "spec": draw(st.sampled_from((None, {}, {"meshRef": 1}))),
        }
    marks = (OURS, OURS_OF_OLD, OURS_ADOPTED, OTHER_POLICY, OTHER_HUB)
    texts = (*(each.render() for each in marks), "", "roottrust hub=")
    metadata = {
        **manifest["metadata"],
        "uid": "uid-c",
        "annotations": {OWNER_ANNOTATION: draw(st.sampled_from(texts)), "kept": "yes"},
        **({"deletionTimestamp": "2030-01-01T00:00:00Z"} if state == "going" else {}),
    }
    spec = dict(manifest["spec"])
    if state == "edited":
        spec |= draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "trustBundle": st.just("another"),
                    "intermediateGeneration": st.sampled_from((0, 7, "x", None)),
                    "crossCertificates": st.just("x"),
                    "hosts": st.lists(st.sampled_from((*spec["hosts"], "evil", "b")), unique=True),
                    "certOptions": st.sampled_from(
                        (None, {}, {**spec["certOptions"], "orgName": "Evil"})
                    ),
                },
            )
        )
    return {"metadata": metadata, "spec": spec}


@st.composite
def holdings(
    draw: st.DrawFn, target: VaultTarget, options: AgentOptions = OPTIONS
) -> dict[CertificateKey, Manifest]:
    """What the clusters of a policy may hold: for meshes that it selects, and one that is gone."""
    found: dict[CertificateKey, Manifest] = {}
    for cluster in target.clusters:
        for mesh in (MESH, replace(MESH, name="gone-a", namespace="a", deployment="gone")):
            key = build_key(cluster, mesh)
            manifest = {
                "metadata": build_metadata(key, OURS),
                "spec": build_spec(target, cluster, mesh, trust=TRUST, options=options),
            }
            there = draw(certificates(manifest))
            if there is not None:
                found[key] = there
    return found


@st.composite
def requests(draw: st.DrawFn) -> IssuanceRequest:
    """Any policy with its Vault in any state, and clusters that hold anything."""
    snapshot = draw(snapshots())
    settled, plans = settle(snapshot, rounds=draw(st.integers(1, 4)))
    rotation = Rotation(intermediate_generation=draw(st.integers(1, 3)))
    options = replace(OPTIONS, rotation=rotation)
    target = settled.target
    names = [each.cluster for each in target.clusters]
    return IssuanceRequest(
        claimant=settled.claimant,
        target=target,
        options=options,
        plan=draw(st.sampled_from((None, plans[-1], plans[-1], plans[-1]))),
        found=draw(holdings(target, options)),
        complete=frozenset(draw(st.sets(st.sampled_from(names)))),
    )
