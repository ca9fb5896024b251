from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from roottrust.domain.bounds import Grant
from roottrust.domain.errors import (
    AccessDeniedError,
    DependencyMissingError,
    InvalidSpecError,
    TransientError,
)
from roottrust.domain.preview import preview_policy
from roottrust.domain.reasons import Reason
from roottrust.hub.kinds import POLICIES
from roottrust.hub.policy_object import read_policy
from roottrust.runtime.store import build_key
from tests.unit.domain.certificates import build_pem
from tests.unit.domain.samples import (
    ADDRESS,
    EMPTY_FACTS,
    ROOT,
    TERMS,
    TOKEN,
    build_facts,
    build_issuer,
    build_known,
    build_manifest_spec,
    build_mesh,
    build_mount,
)
from tests.unit.domain.strategies import DENIED
from tests.unit.hub.conftest import Bench
from tests.unit.hub.fakes import build_manifest

GENERATE = build_manifest_spec(management={"root": {"source": "Generate"}})
ROLE_PATH = "auth/kube-cluster1-mesh-auth/role/gen-int-ca-istio-cluster1-mesh"
OBSERVE = build_manifest_spec(management={"mode": "Observe"})
CA_SECRET = build_manifest_spec(vault={"caSecretRef": {"name": "vault-ca"}})
SEALED = TransientError("Vault is sealed: unseal it.", reason=Reason.SEALED)


async def test_a_new_policy_makes_vault_ready_and_says_so(bench: Bench) -> None:
    await bench.reconcile()
    assert len(bench.server.written) == 4
    assert bench.read_condition("Ready") == ("True", "WaitingForMesh")
    assert bench.events.reasons == ["Configured"]
    assert bench.status.observed_generation == 1


async def test_a_root_is_generated_where_the_policy_says_so(bench: Bench) -> None:
    bench.server.facts = EMPTY_FACTS
    bench.put(build_manifest(spec=GENERATE))
    await bench.reconcile()
    assert bench.server.written[:2] == ["create pki", "create pki/issuer/roottrust-g1"]
    assert bench.status.root is not None
    assert bench.status.root.mount == "pki"


async def test_an_unchanged_fleet_costs_reads_only(bench: Bench) -> None:
    await bench.reconcile()
    bench.server.asked.clear()
    for _ in range(3):
        await bench.reconcile()
    assert bench.server.asked == []
    assert len(bench.kube.applied) == 1
    assert len(bench.events.posted) == 1


async def test_a_policy_that_is_gone_is_forgotten(bench: Bench) -> None:
    await bench.reconcile()
    bench.store.apply_event(
        bench.key.kind, "DELETED", build_manifest(metadata={"resourceVersion": "99"})
    )
    await bench.controller.reconcile(bench.key)
    assert bench.reporter.get_told(bench.key) is None
    assert read_metric(bench, "Ready") is None
    assert len(bench.kube.applied) == 1


async def test_a_policy_that_is_being_deleted_is_left_alone(bench: Bench) -> None:
    bench.edit(metadata={"deletionTimestamp": "2030-01-01T00:00:00Z"})
    await bench.reconcile()
    assert bench.server.observed == 0
    assert bench.kube.applied == []


async def test_what_somebody_edited_in_vault_is_repaired_and_told(bench: Bench) -> None:
    await bench.reconcile()
    bench.edit_role(token_ttl=9)
    await bench.reconcile()
    assert bench.server.written[-1] == f"update {ROLE_PATH}"
    assert bench.events.posted[-1] == (
        "Warning",
        "DriftRepaired",
        f"Repaired in Vault: {ROLE_PATH} had another token_ttl.",
    )
    assert bench.read_condition("Ready")[0] == "True"
    policy = {"namespace": "gloo-mesh", "policy": "guide"}
    read = bench.metrics.registry.get_sample_value
    assert read("roottrust_drift_repairs_total", policy) == 1


async def test_a_mesh_that_appears_is_no_repair(bench: Bench) -> None:
    await bench.reconcile()
    bench.registry.clusters = (build_known("cluster1", build_mesh()),)
    await bench.reconcile()
    updated = f"Updated in Vault: {ROLE_PATH} (bound_service_account_names)."
    assert ("Normal", "Updated", updated) in bench.events.posted
    assert "DriftRepaired" not in bench.events.reasons
    policy = {"namespace": "gloo-mesh", "policy": "guide"}
    read = bench.metrics.registry.get_sample_value
    assert read("roottrust_drift_repairs_total", policy) == 0


async def test_a_life_that_steps_down_as_the_root_s_end_comes_near_is_no_repair(
    bench: Bench,
) -> None:
    await bench.reconcile()
    bench.now = ROOT.not_after - timedelta(days=200)
    await bench.reconcile()
    assert bench.server.written[-1].startswith("update sys/policies/acl/")
    assert "DriftRepaired" not in bench.events.reasons


async def test_what_differs_after_a_restart_is_told_without_saying_whose_doing_it_was(
    bench: Bench,
) -> None:
    await bench.reconcile()
    bench.restart()
    bench.edit_role(token_ttl=9)
    await bench.reconcile()
    assert bench.events.posted[-1] == (
        "Normal",
        "Updated",
        f"Updated in Vault: {ROLE_PATH} (token_ttl).",
    )
    bench.edit_role(token_ttl=9)
    await bench.reconcile()
    assert bench.events.reasons[-1] == "DriftRepaired"


async def test_what_was_edited_in_vault_while_the_policy_was_edited_is_told(bench: Bench) -> None:
    await bench.reconcile()
    bench.edit_role(token_ttl=9)
    changed = build_manifest_spec(config={"intermediateCertOptions": {"orgName": "Example"}})
    bench.edit(spec=changed, metadata={"generation": 2})
    await bench.reconcile()
    repaired = [message for _, reason, message in bench.events.posted if reason == "DriftRepaired"]
    assert repaired == [f"Repaired in Vault: {ROLE_PATH} had another token_ttl."]


async def test_a_repair_is_told_though_the_status_is_not_taken(bench: Bench) -> None:
    await bench.reconcile()
    bench.edit_role(token_ttl=9)
    bench.server.unread["cluster2"] = DENIED
    bench.registry.clusters = (build_known("cluster1"), build_known("cluster2"))
    bench.kube.failure = TransientError("The API server is away.", reason=Reason.API_UNREACHABLE)
    with pytest.raises(TransientError):
        await bench.reconcile()
    assert bench.events.reasons[-1] == "DriftRepaired"


async def test_what_was_never_made_is_nobody_s_though_a_look_announced_it(bench: Bench) -> None:
    bench.put(build_manifest(spec=OBSERVE))
    await bench.reconcile()
    assert bench.status.managed_objects == ()
    name = "kube-cluster1-mesh-auth"
    by_hand = build_mount("kubernetes", description="by hand", days=0)
    bench.server.facts = build_facts(auth_mounts={name: by_hand})
    bench.edit(spec=build_manifest_spec(), metadata={"generation": 2})
    await bench.reconcile()
    assert bench.server.facts.auth_mounts == {name: by_hand}
    assert bench.read_condition("Stalled") == ("True", "Conflict")


async def test_what_we_made_is_put_right_once_what_was_in_the_way_of_it_is_gone(
    bench: Bench,
) -> None:
    await bench.reconcile()
    name = "kube-cluster1-mesh-auth"
    mine = bench.server.facts.auth_mounts[name]
    clusters = bench.server.facts.clusters
    intruded = replace(clusters["cluster1"], role_names=("ci",))
    bench.server.facts = replace(
        bench.server.facts,
        auth_mounts={name: replace(mine, description="")},
        clusters={"cluster1": intruded},
    )
    for _ in range(3):
        await bench.reconcile()
        assert bench.read_condition("Stalled") == ("True", "Conflict")
    bench.server.facts = replace(bench.server.facts, clusters=clusters)
    await bench.reconcile()
    assert bench.read_condition("Ready")[0] == "True"
    assert bench.server.facts.auth_mounts[name] == mine
    assert {each.origin for each in bench.status.managed_objects} == {"Created"}


async def test_an_edit_of_the_policy_is_no_repair(bench: Bench) -> None:
    await bench.reconcile()
    changed = build_manifest_spec(config={"intermediateCertOptions": {"orgName": "Example"}})
    bench.edit(spec=changed, metadata={"generation": 2})
    await bench.reconcile()
    assert bench.server.written[-1].startswith("update sys/policies/acl/")
    assert "DriftRepaired" not in bench.events.reasons
    assert bench.status.observed_generation == 2


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({}, Reason.INVALID_SPEC),
        (build_manifest_spec(vault={"server": "https://other"}), Reason.UNKNOWN_SERVER),
        (
            build_manifest_spec(vault={"caPath": "other/root/sign-intermediate"}),
            Reason.NOT_ALLOWED,
        ),
        (
            build_manifest_spec(vault={"caSecretRef": {"name": "x", "namespace": "y"}}),
            Reason.NOT_ALLOWED,
        ),
    ],
)
async def test_a_policy_that_is_not_accepted_never_reaches_vault(
    bench: Bench, spec: dict[str, Any], reason: Reason
) -> None:
    bench.put(build_manifest(spec=spec))
    with pytest.raises(InvalidSpecError):
        await bench.reconcile()
    assert bench.server.observed == 0
    assert bench.kube.asked == []
    assert bench.read_condition("Accepted") == ("False", reason)
    assert bench.read_condition("Stalled") == ("True", reason)
    assert bench.events.reasons == [reason]


async def test_a_policy_for_no_cluster_is_retried(bench: Bench) -> None:
    bench.registry.clusters = ()
    with pytest.raises(DependencyMissingError):
        await bench.reconcile()
    assert bench.read_condition("Accepted") == ("Unknown", "NoClusterSelected")
    assert bench.read_condition("Reconciling") == ("True", "Retrying")


async def test_a_ca_is_read_from_the_policy_s_own_namespace(bench: Bench) -> None:
    bench.kube.secrets["gloo-mesh", "vault-ca"] = {"ca.crt": build_pem()}
    bench.put(build_manifest(spec=CA_SECRET))
    await bench.reconcile()
    assert bench.kube.asked == [("gloo-mesh", "vault-ca")]
    assert bench.read_condition("Ready")[0] == "True"


async def test_a_ca_that_is_missing_is_waited_for(bench: Bench) -> None:
    bench.put(build_manifest(spec=CA_SECRET))
    with pytest.raises(DependencyMissingError):
        await bench.reconcile()
    assert bench.read_condition("Accepted") == ("Unknown", "SecretNotFound")


async def test_a_ca_that_is_no_certificate_is_refused_without_being_shown(bench: Bench) -> None:
    bench.kube.secrets["gloo-mesh", "vault-ca"] = {"ca.crt": TOKEN}
    bench.put(build_manifest(spec=CA_SECRET))
    with pytest.raises(InvalidSpecError):
        await bench.reconcile()
    assert bench.read_condition("Accepted") == ("False", "InvalidCABundle")
    assert TOKEN not in str(bench.kube.applied) + str(bench.events.posted)


async def test_an_outage_is_told_and_what_was_seen_stays(bench: Bench) -> None:
    await bench.reconcile()
    before = bench.status
    bench.server.down = SEALED
    with pytest.raises(TransientError):
        await bench.reconcile()
    assert bench.read_condition("VaultReachable") == ("False", "Sealed")
    assert bench.read_condition("VaultConfigured") == ("Unknown", "WaitingForVault")
    assert bench.status.managed_objects == before.managed_objects
    assert bench.status.root == before.root
    assert bench.events.reasons[1:] == ["Sealed"]


@pytest.mark.parametrize("reads", [True, False])
@pytest.mark.parametrize("reason", [Reason.SERVER_ERROR, Reason.RATE_LIMITED, Reason.UNREACHABLE])
async def test_one_path_that_fails_says_nothing_of_the_server_and_the_other_clusters_go_on(
    bench: Bench, reason: Reason, *, reads: bool
) -> None:
    broken = TransientError("Vault x answered HTTP 500.", reason=reason)
    if reads:
        bench.server.unread["cluster1"] = broken
    else:
        bench.server.refused["auth/kube-cluster1-mesh-auth/config"] = broken
    bench.registry.clusters = (build_known("cluster1"), build_known("cluster2"))
    with pytest.raises(TransientError):
        await bench.reconcile()
    assert bench.read_condition("VaultReachable")[0] == "True"
    assert bench.read_condition("VaultConfigured") == ("Unknown", reason)
    assert bench.status.message == "cluster1: Vault x answered HTTP 500."
    managed = [each.path for each in bench.status.managed_objects if each.cluster == "cluster2"]
    assert len(managed) == 4
    assert bench.server.written[-1].endswith("role/gen-int-ca-istio-cluster2-mesh")


async def test_what_needs_a_person_is_told_before_what_passes_by_itself(bench: Bench) -> None:
    name = "kube-cluster1-mesh-auth"
    bench.server.facts = build_facts(auth_mounts={name: build_mount("kv", days=0)})
    bench.server.refused["auth/kube-cluster2-mesh-auth"] = TransientError(
        "Vault x answered HTTP 500.", reason=Reason.SERVER_ERROR
    )
    bench.registry.clusters = (build_known("cluster1"), build_known("cluster2"))
    with pytest.raises(TransientError):
        await bench.reconcile()
    assert bench.read_condition("VaultConfigured") == ("False", "Conflict")
    assert bench.status.message is not None
    assert bench.status.message.startswith("cluster1: auth/kube-cluster1-mesh-auth ")


async def test_a_policy_recovers_from_an_outage_by_itself(bench: Bench) -> None:
    bench.server.down = SEALED
    with pytest.raises(TransientError):
        await bench.reconcile()
    bench.server.down = None
    await bench.reconcile()
    assert bench.read_condition("Ready")[0] == "True"
    assert bench.events.reasons == ["Sealed", "Reachable", "Configured"]


async def test_a_denial_says_what_to_grant_and_vault_counts_as_reachable(bench: Bench) -> None:
    bench.server.unobservable = DENIED
    with pytest.raises(AccessDeniedError):
        await bench.reconcile()
    assert bench.read_condition("VaultReachable")[0] == "True"
    assert bench.read_condition("VaultConfigured") == ("False", "AccessDenied")
    assert bench.status.message == DENIED.message


async def test_a_server_whose_ca_cannot_be_read_is_a_dependency(bench: Bench) -> None:
    missing = DependencyMissingError("No CA: put it there.", reason=Reason.INVALID_CA_BUNDLE)
    bench.servers.refusal = missing
    with pytest.raises(DependencyMissingError):
        await bench.reconcile()
    assert bench.status.message == missing.message


async def test_observing_writes_nothing_and_tells_the_drift(bench: Bench) -> None:
    bench.put(build_manifest(spec=OBSERVE))
    await bench.reconcile()
    assert bench.server.asked == []
    assert bench.read_condition("VaultConfigured") == ("False", "ChangesPending")
    assert len(bench.status.drift) == 4


async def test_observing_a_root_that_is_to_be_made_tells_all_that_follows_from_it(
    bench: Bench,
) -> None:
    bench.server.facts = EMPTY_FACTS
    management = {"mode": "Observe", "root": {"source": "Generate"}}
    bench.put(build_manifest(spec=build_manifest_spec(management=management)))
    await bench.reconcile()
    assert bench.server.asked == []
    assert [each.path for each in bench.status.drift][:2] == ["pki", "pki/issuer/roottrust-g1"]
    assert ROLE_PATH in [each.path for each in bench.status.drift]
    assert (bench.status.root, bench.status.managed_objects) == (None, ())
    told = bench.status
    await bench.reconcile()
    assert bench.status == told


async def test_switched_to_observe_it_leaves_vault_and_tells_drift_until_it_manages_again(
    bench: Bench,
) -> None:
    await bench.reconcile()
    bench.edit(spec=OBSERVE, metadata={"generation": 2})
    bench.edit_role(token_ttl=9)
    bench.server.asked.clear()
    await bench.reconcile()
    assert bench.server.asked == []
    assert [(each.path, each.field, each.actual) for each in bench.status.drift] == [
        (ROLE_PATH, "token_ttl", "9")
    ]
    bench.edit(spec=build_manifest_spec(), metadata={"generation": 3})
    await bench.reconcile()
    assert bench.server.asked == [f"update {ROLE_PATH}"]
    assert (bench.read_condition("Ready")[0], bench.status.drift) == ("True", ())


async def test_a_mount_in_the_way_waits_for_the_annotation(bench: Bench) -> None:
    name = "kube-cluster1-mesh-auth"
    bench.server.facts = build_facts(auth_mounts={name: build_mount("kubernetes", days=0)})
    await bench.reconcile()
    assert bench.read_condition("Stalled") == ("True", "Conflict")
    bench.edit(metadata={"annotations": {"admin.gloo.solo.io/adopt": "true"}})
    await bench.reconcile()
    assert bench.read_condition("Ready")[0] == "True"
    origins = {each.path: each.origin for each in bench.status.managed_objects}
    assert origins[f"auth/{name}"] == "Adopted"
    assert origins["sys/policies/acl/gen-int-ca-istio-cluster1-mesh"] == "Created"
    assert "DriftRepaired" not in bench.events.reasons


async def test_a_mark_that_was_taken_off_is_put_on_again(bench: Bench) -> None:
    await bench.reconcile()
    name = "kube-cluster1-mesh-auth"
    bare = replace(bench.server.facts.auth_mounts[name], description="mine")
    bench.server.facts = replace(bench.server.facts, auth_mounts={name: bare})
    await bench.reconcile()
    assert bench.server.facts.auth_mounts[name].description.startswith("roottrust hub=hub1 ")
    assert bench.read_condition("Ready")[0] == "True"


async def test_a_root_that_is_gone_is_not_made_again_however_often_one_looks(
    bench: Bench,
) -> None:
    bench.server.facts = EMPTY_FACTS
    bench.put(build_manifest(spec=GENERATE))
    await bench.reconcile()
    bench.server.facts = EMPTY_FACTS
    bench.server.asked.clear()
    for _ in range(3):
        with pytest.raises(DependencyMissingError):
            await bench.reconcile()
    assert bench.server.asked == []
    assert bench.read_condition("VaultConfigured") == ("Unknown", "RootNotFound")


async def test_a_root_that_breaks_before_it_goes_is_not_forgotten(bench: Bench) -> None:
    bench.server.facts = EMPTY_FACTS
    bench.put(build_manifest(spec=GENERATE))
    await bench.reconcile()
    issuer = bench.server.facts.root_issuer
    assert bench.status.root is not None
    bench.server.facts = replace(
        bench.server.facts,
        root_issuer=replace(issuer, has_key=False),  # type: ignore[type-var]
    )
    await bench.reconcile()
    assert bench.read_condition("VaultConfigured") == ("False", "RootNotUsable")
    bench.server.facts = EMPTY_FACTS
    bench.server.asked.clear()
    with pytest.raises(DependencyMissingError):
        await bench.reconcile()
    assert bench.server.asked == []


async def test_a_root_that_was_exchanged_is_followed_only_once_it_is_given_up(
    bench: Bench,
) -> None:
    await bench.reconcile()
    other = replace(ROOT, fingerprint="d" * 64)
    bench.server.facts = replace(
        bench.server.facts, root_issuer=build_issuer(issuer_id="other", certificate=other)
    )
    bench.server.asked.clear()
    await bench.reconcile()
    assert bench.read_condition("Stalled") == ("True", "RootChanged")
    assert bench.server.asked == []
    annotations = {"admin.gloo.solo.io/replace-root": ROOT.fingerprint}
    bench.edit(metadata={"annotations": annotations})
    await bench.reconcile()
    assert bench.read_condition("Ready")[0] == "True"
    assert bench.status.root is not None
    assert bench.status.root.fingerprint == "d" * 64


async def test_a_status_that_was_lost_is_rebuilt(bench: Bench) -> None:
    await bench.reconcile()
    before = bench.status
    bench.put()
    bench.server.asked.clear()
    await bench.reconcile()
    assert bench.server.asked == []
    assert bench.status.managed_objects == before.managed_objects
    assert bench.status.root == before.root


def read_metric(bench: Bench, condition: str) -> float | None:
    labels = {"namespace": "gloo-mesh", "policy": "guide", "condition": condition}
    return bench.metrics.registry.get_sample_value("roottrust_policy_condition_state", labels)


async def test_conditions_are_metrics_also_once_they_are_over(bench: Bench) -> None:
    bench.server.down = SEALED
    with pytest.raises(TransientError):
        await bench.reconcile()
    assert [read_metric(bench, name) for name in ("Ready", "Reconciling", "Stalled")] == [0, 1, 0]
    bench.server.down = None
    await bench.reconcile()
    assert [read_metric(bench, name) for name in ("Ready", "Reconciling", "Stalled")] == [1, 0, 0]


async def test_looking_writes_nothing_and_finds_what_a_reconcile_does(bench: Bench) -> None:
    manifest = bench.store.get_by_key(bench.key)
    assert manifest is not None
    policy = read_policy(manifest)
    accepted = await bench.controller.acceptor.accept(policy)
    seen = preview_policy(await bench.controller.vault.observe(policy, accepted)).plan
    assert (bench.server.asked, bench.kube.applied) == ([], [])
    await bench.reconcile()
    assert bench.server.written == [str(action) for action in seen.actions]


async def test_what_the_operator_s_own_token_carries_is_reserved_before_anything_is_read(
    bench: Bench,
) -> None:
    """Whoever had the hub rewrite its own policy could give the hub any right."""
    role = "gen-int-ca-istio-cluster1-mesh"
    bench.servers.own_policies = frozenset({role})
    with pytest.raises(InvalidSpecError, match="is reserved"):
        await bench.reconcile()
    assert bench.read_condition("Accepted") == ("False", "NotAllowed")
    assert bench.server.observed == 0
    assert bench.server.asked == []


async def test_a_claim_that_is_reserved_later_stands_in_nobody_s_way(bench: Bench) -> None:
    grant = Grant(policy_namespaces=("*",), auth_mounts=("*",), roles=("*",))
    bench.servers.terms = {ADDRESS: replace(TERMS, grants=(grant,))}
    auth = {"mountPath": "/v1/auth/kube-cluster1-mesh-auth", "role": "younger"}
    younger = build_manifest(
        metadata={"name": "younger", "uid": "uid-9", "creationTimestamp": "2030-01-01T00:00:00Z"},
        spec=build_manifest_spec(vault={"kubernetesAuth": auth}),
    )
    bench.put(younger)
    key = build_key(POLICIES, younger)
    with pytest.raises(InvalidSpecError, match="older policy"):
        await bench.controller.reconcile(key)
    bench.servers.own_policies = frozenset({"gen-int-ca-istio-cluster1-mesh"})
    await bench.controller.reconcile(key)
    assert "create sys/policies/acl/younger" in bench.server.written
