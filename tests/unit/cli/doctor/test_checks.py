"""What each check finds, what it passes, and what it says of what it could not see."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roottrust.api.kind import KINDS
from roottrust.cli.doctor.checks.clocks import BAD_AFTER, WARN_AFTER, check_clocks
from roottrust.cli.doctor.checks.crds import list_fields
from roottrust.cli.doctor.facts import BadConfiguration, ConfigurationFacts, Unseen
from roottrust.cli.doctor.finding import Check
from roottrust.cli.doctor.judge import judge
from roottrust.cli.doctor.report import Result
from roottrust.domain.health import Health
from roottrust.domain.istiod_patch_pod import AGENT
from roottrust.domain.reasons import Reason
from tests.unit.cli.doctor.cases import (
    ADDRESS,
    DENIED,
    HEALTH,
    build_clock,
    build_definition,
    build_deployment,
    build_facts,
    build_settings,
    change_vault,
    find,
    find_one,
)
from tests.unit.cli.status.objects import (
    build_certificate,
    build_condition,
    build_conditions,
    build_lease,
    build_mesh,
    build_mirror,
    build_policy,
    build_told,
)
from tests.unit.domain.agent_entries import build_instance
from tests.unit.domain.certificates import NOW

AWAY = Unseen(message="Vault cannot be reached.", reason=Reason.UNREACHABLE)
POLICIES = KINDS[0].name


def test_an_installation_that_is_well_has_a_pass_of_every_check() -> None:
    report = judge(build_facts())
    assert [each for each in report.findings if each.health is not Health.GOOD] == []
    assert {each.check for each in report.findings} == set(Check)
    assert (report.result, report.summary.passed) == (Result.WELL, len(report.findings))


@pytest.mark.parametrize(
    ("field", "check"),
    [
        ("policies", Check.ACCESS),
        ("meshes", Check.ACCESS),
        ("certificates", Check.ACCESS),
        ("lease", Check.OPERATOR),
        ("deployments", Check.OPERATOR),
        ("pods", Check.OPERATOR),
        ("configuration", Check.CONFIGURATION),
        ("registrations", Check.REGISTRATIONS),
    ],
)
def test_what_could_not_be_seen_is_unknown_and_names_the_right(field: str, check: Check) -> None:
    found = find_one(check, **{field: DENIED})
    assert (found.health, found.right) == (Health.UNKNOWN, "list it")
    assert found.fix is not None
    assert found.fix.startswith("kubectl apply -f deploy/doctor/")


def test_nothing_that_could_be_seen_is_never_well() -> None:
    unseen = ("policies", "meshes", "certificates", "lease", "deployments", "pods", "registrations")
    facts = build_facts(
        **dict.fromkeys(unseen, DENIED),
        configuration=DENIED,
        vaults=(),
        clocks=(),
        crds=dict.fromkeys([each.name for each in KINDS], DENIED),
        foreign={},
    )
    report = judge(facts)
    assert report.result is Result.INCOMPLETE
    passes = [each for each in report.findings if each.health is Health.GOOD]
    assert [(each.check, each.subject) for each in passes] == [
        (Check.ACCESS, "https://cluster.example")
    ]


def change_definition(**changes: Any) -> dict[str, Any]:
    definition = copy.deepcopy(build_definition())
    definition["spec"]["versions"][0].update(changes)
    return definition


def drop_field(field: str) -> dict[str, Any]:
    definition = copy.deepcopy(build_definition())
    spec = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    del spec["properties"][field]
    return definition


def add_field() -> dict[str, Any]:
    definition = copy.deepcopy(build_definition())
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["spec"]["properties"]["later"] = {"type": "string"}
    return definition


@pytest.mark.parametrize(
    ("definition", "health", "words"),
    [
        (None, Health.BAD, "it is not there"),
        (change_definition(name="v1"), Health.BAD, "it does not serve v2, but v1"),
        (change_definition(served=False), Health.BAD, "it does not serve v2"),
        ({**build_definition(), "status": {}}, Health.BAD, "the API server has not taken it"),
        (drop_field("rotation"), Health.BAD, "fields of this version: spec.rotation, spec.rot"),
        (
            add_field(),
            Health.WARNING,
            "1 field that this version does not know: spec.later",
        ),
        (DENIED, Health.UNKNOWN, "It could not be looked at."),
    ],
)
def test_a_definition_that_is_not_of_this_version_is_told(
    definition: Any, health: Health, words: str
) -> None:
    crds = {**build_facts().crds, POLICIES: definition}
    found = find_one(Check.CRDS, crds=crds)
    assert (found.subject, found.health) == (POLICIES, health)
    assert words in found.what


def test_fields_are_found_below_lists_and_maps() -> None:
    part = {"properties": {"b": {"type": "string"}}}
    schema = {"properties": {"a": {"items": part}, "m": {"additionalProperties": part}}}
    assert list_fields(schema) == {"a", "a[].b", "m", "m[].b"}


@pytest.mark.parametrize(
    ("changes", "health", "words", "fix"),
    [
        (
            {"deployments": (build_deployment(replicas=0, available=0),)},
            Health.BAD,
            "it is scaled to 0",
            "kubectl scale deployment roottrust-hub -n gloo-mesh --replicas=2",
        ),
        (
            {"deployments": (build_deployment(available=0),)},
            Health.BAD,
            "none of 2 replicas is available",
            "kubectl describe pods -n gloo-mesh",
        ),
        (
            {"deployments": (build_deployment(available=1),)},
            Health.WARNING,
            "1 of 2 replicas are available",
            "kubectl get pods",
        ),
        (
            {"deployments": (build_deployment(image="r.example:5000/roottrust:v0.2.0"),)},
            Health.WARNING,
            "it runs 0.2.0, and this is 0.1.0",
            "pipx install roottrust==0.2.0",
        ),
        (
            {"lease": build_lease("hub-1", "2029-01-01T00:00:00Z")},
            Health.BAD,
            "no hub leads, the last one did",
            "kubectl logs -n gloo-mesh",
        ),
        ({"lease": None}, Health.BAD, "no hub has ever led", "kubectl logs -n gloo-mesh"),
        (
            {
                "pods": (
                    {
                        "metadata": {"name": "hub-x"},
                        "status": {
                            "containerStatuses": [
                                {
                                    "restartCount": 7,
                                    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                                }
                            ]
                        },
                    },
                )
            },
            Health.BAD,
            "its container waits: CrashLoopBackOff, after 7 restarts",
            "kubectl logs hub-x -n gloo-mesh --previous",
        ),
    ],
)
def test_an_operator_that_does_not_work_is_told_with_the_command(
    changes: dict[str, Any], health: Health, words: str, fix: str
) -> None:
    found = find_one(Check.OPERATOR, **changes)
    assert found.health is health
    assert words in found.what
    assert str(found.fix).startswith(fix)


def test_a_hub_elsewhere_needs_no_deployment_but_has_to_lead() -> None:
    assert find(build_facts(deployments=()), Check.OPERATOR) == []
    stale = build_lease("hub-1", "2029-01-01T00:00:00Z")
    found = find(build_facts(deployments=(), lease=stale), Check.OPERATOR)
    assert [each.health for each in found] == [Health.BAD, Health.BAD]


def test_a_hub_without_election_needs_no_lease() -> None:
    settings = build_settings(leaderElection={"enabled": False})
    configuration = ConfigurationFacts(settings=settings, source="x")
    assert find(build_facts(lease=None, configuration=configuration), Check.OPERATOR) == []


def test_whether_a_lease_is_needed_is_not_known_without_the_configuration() -> None:
    (found,) = find(build_facts(lease=None, configuration=DENIED), Check.OPERATOR)
    assert (found.health, found.right) == (Health.UNKNOWN, None)


def test_a_configuration_that_cannot_be_used_is_told_by_its_lines() -> None:
    found = find_one(Check.CONFIGURATION, configuration=BadConfiguration(lines=("x: is wrong",)))
    assert (found.health, found.what) == (Health.BAD, "x: is wrong")
    assert found.fix.startswith("kubectl get configmaps -n gloo-mesh  # correct `config`")


def test_plain_http_is_for_trials() -> None:
    server = {
        "address": "http://vault.example:8200",
        "allowPlainHTTP": True,
        "login": {"tokenFile": {"path": "/token"}},
    }
    known = ConfigurationFacts(settings=build_settings(vaultServers=[server]), source="x")
    assert find_one(Check.CONFIGURATION, configuration=known).health is Health.WARNING


@pytest.mark.parametrize(
    ("changes", "words", "fix"),
    [
        ({"sealed": True}, "it is sealed", f"vault operator unseal -address={ADDRESS}"),
        ({"initialized": False}, "it is not initialized", "vault operator init"),
        ({"dr_secondary": True}, "disaster recovery secondary", "vault read sys/replication"),
        ({"version": "1.9.10"}, "its version is 1.9.10", "vault version"),
    ],
)
def test_a_vault_that_cannot_serve_is_told(changes: dict[str, Any], words: str, fix: str) -> None:
    found = find_one(Check.VAULT, vaults=change_vault(health=replace(HEALTH, **changes)))
    assert found.health is Health.BAD
    assert words in found.what
    assert str(found.fix).startswith(fix)


@pytest.mark.parametrize("version", ["1.11.0", "1.21.4+ent", "2.7.2", "", "unknown"])
def test_versions_with_issuers_and_unreadable_ones_pass(version: str) -> None:
    vaults = change_vault(health=replace(HEALTH, version=version))
    assert find(build_facts(vaults=vaults), Check.VAULT) == []


def test_a_vault_that_is_not_reached_from_here_is_unknown_unless_the_hub_says_so_too() -> None:
    found = find_one(Check.VAULT, vaults=change_vault(health=AWAY))
    assert (found.health, found.right) == (Health.UNKNOWN, None)
    assert "The hub says that it reaches it." in found.what
    assert str(found.fix).startswith(f"roottrust doctor --vault-endpoint {ADDRESS}=")
    told = build_conditions(VaultReachable="False", VaultReachable_reason="Unreachable")
    policy = build_policy(vault={"server": ADDRESS}, conditions=told)
    vaults = change_vault(health=AWAY, endpoint="https://vault.infra.svc:8200")
    both = find(build_facts(vaults=vaults, policies=(policy,)), Check.VAULT)
    assert [each.health for each in both] == [Health.BAD, Health.BAD]
    assert both[0].fix == "kubectl get pods -n infra"


def test_a_certificate_that_the_configuration_does_not_trust_is_wrong_from_anywhere() -> None:
    unseen = Unseen(message="It is not trusted.", reason=Reason.UNTRUSTED_CERTIFICATE)
    found = find_one(Check.VAULT, vaults=change_vault(health=unseen))
    assert found.health is Health.BAD
    assert "openssl s_client -connect vault.example:8200" in str(found.fix)


def test_objects_in_vault_that_are_gone_or_cannot_be_read_are_told() -> None:
    objects = {"auth/kube": True, "sys/policies/acl/x": False}
    found = find_one(Check.VAULT, vaults=change_vault(objects=objects))
    assert found.what == "not there, and kept by policies: sys/policies/acl/x"
    denied = Unseen(message="You may not read it.", right="read auth/kube/role/x")
    found = find_one(Check.VAULT, vaults=change_vault(objects={"auth/kube/role/x": denied}))
    assert (found.health, found.right) == (Health.UNKNOWN, "read auth/kube/role/x")
    assert "roottrust-plan.hcl" in str(found.fix)
    assert find(build_facts(vaults=change_vault(objects={"auth/kube": True})), Check.VAULT) == []


@pytest.mark.parametrize(
    ("type_", "reason", "check", "fix"),
    [
        ("VaultReachable", "Sealed", Check.VAULT, "vault operator unseal"),
        (
            "VaultReachable",
            "LoginFailed",
            Check.VAULT,
            "roottrust vault-policy --config",
        ),
        ("VaultConfigured", "AccessDenied", Check.VAULT, "roottrust vault-policy --config"),
        ("VaultConfigured", "Conflict", Check.VAULT, "roottrust plan gloo-mesh/fleet"),
        ("Accepted", "InvalidKubeconfig", Check.POLICIES, "roottrust cluster join cluster1 --con"),
        ("CertificatesIssued", "WaitingForAgent", Check.POLICIES, "roottrust istiod-patch"),
        ("TrustPropagated", "SelfSigned", Check.POLICIES, "roottrust istiod-patch"),
        ("Accepted", "SomethingNew", Check.POLICIES, "kubectl describe rtp fleet -n gloo-mesh"),
    ],
)
def test_a_condition_is_told_with_the_command_that_helps(
    type_: str, reason: str, check: Check, fix: str
) -> None:
    conditions = build_conditions(**{type_: "False", f"{type_}_reason": reason})
    policy = build_policy(vault={"server": ADDRESS}, conditions=conditions)
    (found,) = find(build_facts(policies=(policy,)), check)
    assert (found.health, found.subject) == (Health.BAD, "RootTrustPolicy gloo-mesh/fleet")
    assert reason in found.what
    assert str(found.fix).startswith(fix)


@pytest.mark.parametrize(
    ("message", "cluster"),
    [("cluster2 lacks rights.", "cluster2"), ("A cluster lacks rights.", "CLUSTER")],
)
def test_a_command_is_for_the_cluster_that_the_message_names(message: str, cluster: str) -> None:
    told = {"CertificatesIssued": "Unknown", "CertificatesIssued_reason": "ClusterAccessDenied"}
    conditions = [
        {**each, "message": message} if each["type"] == "CertificatesIssued" else each
        for each in build_conditions(**told)
    ]
    meshes = [build_told(), {**build_told(), "cluster": "cluster2"}]
    policy = build_policy(meshes=meshes, conditions=conditions)
    found = find(build_facts(policies=(policy,)), Check.POLICIES)
    assert found[0].fix == f"roottrust cluster join {cluster} --context CTX"


@pytest.mark.parametrize(
    "changes",
    [
        {"lease": build_lease("hub-1", "2029-01-01T00:00:00Z")},
        {"lease": None, "deployments": (build_deployment(replicas=0, available=0),)},
    ],
)
def test_the_word_of_a_hub_that_is_gone_is_no_pass(changes: dict[str, Any]) -> None:
    facts = build_facts(**changes)
    for check in (Check.VAULT, Check.POLICIES, Check.CLUSTERS):
        (found,) = find(facts, check)
        assert found.health is Health.UNKNOWN
        assert "as it was told last" in found.what


def test_what_waits_for_a_fault_is_told_once_and_what_waits_alone_as_well() -> None:
    told = {"CertificatesIssued": "Unknown", "CertificatesIssued_reason": "WaitingForVault"}
    fault = {"VaultReachable": "False", "VaultReachable_reason": "Sealed"}
    policy = build_policy(conditions=build_conditions(**told, **fault))
    facts = build_facts(policies=(policy,))
    assert (len(find(facts, Check.VAULT)), find(facts, Check.POLICIES)) == (1, [])
    policy = build_policy(conditions=build_conditions(**told))
    assert find_one(Check.POLICIES, policies=(policy,)).health is Health.UNKNOWN


@pytest.mark.parametrize(
    ("reason", "health"),
    [
        ("InvalidKubeconfig", Health.BAD),
        ("ClusterAccessDenied", Health.BAD),
        ("ClusterConnecting", Health.UNKNOWN),
        ("NoMeshSelected", Health.UNKNOWN),
    ],
)
def test_what_does_not_pass_by_itself_needs_a_person(reason: str, health: Health) -> None:
    conditions = build_conditions(Accepted="Unknown", Accepted_reason=reason)
    found = find_one(Check.POLICIES, policies=(build_policy(conditions=conditions),))
    assert found.health is health


def test_policies_without_their_operator_or_with_warnings_are_told() -> None:
    found = find_one(Check.POLICIES, policies=(build_policy(generation=2),))
    assert (found.health, found.what) == (
        Health.UNKNOWN,
        "the operator has not seen its last edit",
    )
    facts = build_facts(policies=(build_policy(generation=2),))
    vault = [each.subject for each in judge(facts).findings if each.check is Check.VAULT]
    assert vault == [ADDRESS]
    found = find_one(Check.POLICIES, policies=(build_policy(warnings=["See to it."]),))
    assert (found.health, found.what) == (Health.WARNING, "See to it.")
    facts = build_facts(policies=())
    (found,) = find(facts, Check.POLICIES)
    assert found.what.startswith("there is none")


@pytest.mark.parametrize(
    ("reason", "fix"),
    [
        ("ClusterUnreachable", "roottrust cluster list"),
        ("ClusterAccessDenied", "roottrust cluster join cluster2 --context CTX"),
        ("ClusterNotPrepared", "kubectl apply --context CTX --server-side -f crds/"),
        ("ClusterTooLarge", "roottrust cluster list"),
    ],
)
def test_a_cluster_of_which_nothing_new_is_learned_is_told(reason: str, fix: str) -> None:
    current = build_condition("Current", "False", reason=reason)
    meshes = (build_mesh(), build_mirror(conditions=[current]))
    (found,) = find(build_facts(meshes=meshes), Check.CLUSTERS)
    assert (found.subject, found.health, found.fix) == ("cluster cluster2", Health.BAD, fix)
    assert find(build_facts(meshes=(build_mesh(), build_mirror())), Check.CLUSTERS) == []


def test_a_registration_is_judged_by_its_metadata() -> None:
    secret = {
        "metadata": {
            "namespace": "gloo-mesh",
            "name": "c2",
            "annotations": {"admin.gloo.solo.io/vault-kubernetes-host": "http://x"},
        }
    }
    found = find_one(Check.REGISTRATIONS, registrations=(secret,))
    assert found.health is Health.BAD
    assert str(found.fix).startswith("kubectl annotate secret c2 -n gloo-mesh --overwrite")
    gone = {"metadata": {**secret["metadata"], "annotations": {}, "deletionTimestamp": "now"}}
    assert find_one(Check.REGISTRATIONS, registrations=(gone,)).health is Health.WARNING


def test_registered_clusters_pass_by_name() -> None:
    secret = {"metadata": {"namespace": "gloo-mesh", "name": "c2"}}
    report = judge(build_facts(registrations=(secret,)))
    (found,) = (each for each in report.findings if each.check is Check.REGISTRATIONS)
    assert (found.health, found.subject) == (Health.GOOD, "Secret gloo-mesh/c2")


def test_what_lies_where_anybody_may_write_is_not_believed() -> None:
    current = build_condition("Current", "False", reason="ClusterUnreachable")
    lie = build_mesh(namespace="shop", selfSigned=True)
    mirror = build_mirror(conditions=[current])
    mirror["metadata"]["namespace"] = "istio-system"
    facts = build_facts(meshes=(build_mesh(), build_mirror(), lie, mirror))
    assert [each for each in judge(facts).findings if each.health is not Health.GOOD] == []


def test_a_mesh_that_signs_for_itself_or_that_nobody_selects_is_told() -> None:
    found = find_one(Check.MESHES, meshes=(build_mesh(selfSigned=True),))
    assert (found.health, found.subject) == (
        Health.BAD,
        "mesh cluster1 istiod-istio-system-cluster1",
    )
    assert str(found.fix).startswith("roottrust istiod-patch")
    other = build_mesh(cluster="cluster9")
    found = find_one(Check.MESHES, meshes=(build_mesh(), other))
    assert (found.health, found.what) == (Health.WARNING, "no policy selects it")


def test_an_istiod_that_does_not_serve_is_told_by_its_pod() -> None:
    failed = build_instance(error="It is sealed.", loaded_by_istiod=False)
    facts = build_facts(certificates=(build_certificate(failed),))
    (found,) = find(facts, Check.ISTIODS)
    assert found.health in {Health.BAD, Health.UNKNOWN}
    assert "-n istio-system" in str(found.fix)
    assert find(facts, Check.MESHES)


def test_the_log_of_an_expired_istiod_is_that_of_its_agent() -> None:
    certificate = build_certificate(build_instance())
    facts = build_facts(read_at=NOW + timedelta(days=3650), certificates=(certificate,))
    (found,) = find(facts, Check.ISTIODS)
    assert f" -c {AGENT} -n istio-system" in str(found.fix)


def test_names_that_a_cluster_chose_cannot_become_commands() -> None:
    instance = build_instance()
    odd = instance.model_copy(update={"pod": "x; rm -rf /", "error": "no"})
    (found,) = find(build_facts(certificates=(build_certificate(odd),)), Check.ISTIODS)
    assert "'x; rm -rf /'" in str(found.fix)


@pytest.mark.parametrize(
    ("reason", "row"),
    [
        ("Conflict", "path is already in use"),
        ("RootNotUsable", "the given certificate is not marked for CA use"),
        ("Unreachable", "pods vault-0 not found, pod vault-0 does not have a host assigned"),
    ],
)
def test_a_row_of_the_guides_table_applies(reason: str, row: str) -> None:
    conditions = build_conditions(VaultConfigured="False", VaultConfigured_reason=reason)
    found = find_one(Check.GUIDE, policies=(build_policy(conditions=conditions),))
    assert (found.subject, found.health) == (row, Health.BAD)


def test_nothing_is_said_of_the_guides_table_without_policies_to_judge_by() -> None:
    report = judge(build_facts(policies=DENIED))
    assert [each for each in report.findings if each.check is Check.GUIDE] == []


def test_secrets_of_others_beside_istiod_are_told_by_name() -> None:
    foreign = {("istio-system", "istio-ca-secret"): True, ("istio-system", "istiod-tls"): True}
    lingering, overriding = find(build_facts(foreign=foreign), Check.FOREIGN_CA)
    assert (lingering.health, overriding.health) == (Health.WARNING, Health.BAD)
    assert lingering.fix == "kubectl delete secret istio-ca-secret -n istio-system"
    denied = dict.fromkeys(build_facts().foreign, DENIED)
    found = find_one(Check.FOREIGN_CA, foreign=denied)
    assert (found.health, found.right) == (Health.UNKNOWN, "list it")
    message = "There is a Secret cacerts in istio-system: it is there."
    events = {"istio-system": ({"reason": "ForeignCASecret", "message": message},)}
    _, told = find(build_facts(foreign=denied, events=events), Check.FOREIGN_CA)
    assert (told.health, told.what) == (Health.WARNING, message)


def test_a_clock_of_vault_that_is_behind_is_told() -> None:
    clocks = (
        build_clock("the API server", timedelta(0)),
        build_clock("Vault", timedelta(minutes=-10)),
    )
    found = find_one(Check.CLOCKS, clocks=clocks)
    assert found.health is Health.BAD
    assert found.what == "their clocks are 10 min 0 s apart, Vault is behind"


def test_a_clock_of_ones_own_that_is_wrong_is_a_warning() -> None:
    ahead = timedelta(minutes=10)
    clocks = (build_clock("the API server", ahead), build_clock("Vault", ahead))
    found = find_one(Check.CLOCKS, clocks=clocks)
    assert (found.subject, found.health) == ("this machine", Health.WARNING)
    assert found.what == "its clock is 10 min 0 s behind all servers"


WELL = build_facts()
AHEAD = st.timedeltas(min_value=timedelta(hours=-2), max_value=timedelta(hours=2))


@given(AHEAD, AHEAD)
def test_two_clocks_are_judged_the_same_in_either_order(one: timedelta, other: timedelta) -> None:
    clocks = (build_clock("a", one), build_clock("b", other))
    pair = next(check_clocks(replace(WELL, clocks=clocks)))
    turned = next(check_clocks(replace(WELL, clocks=clocks[::-1])))
    assert (pair.health, pair.what) == (turned.health, turned.what)
    apart = abs(one - other)
    if apart <= WARN_AFTER:
        assert pair.health is Health.GOOD
    if apart > BAD_AFTER + timedelta(seconds=2):
        assert pair.health is Health.BAD


def test_skipped_checks_are_named_and_do_not_count() -> None:
    facts = build_facts(foreign={("istio-system", "cacerts"): DENIED})
    assert judge(facts).result is Result.INCOMPLETE
    report = judge(facts, skips=[Check.FOREIGN_CA])
    assert (report.result, report.skipped) == (Result.WELL, (Check.FOREIGN_CA,))
