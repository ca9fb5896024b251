"""`roottrust plan` on real servers: it tells what the operator then does, and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed import Cluster, Vault
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.configuration import build_config
from tests.integration.hub.mesh import put_mesh
from tests.integration.hub.names import Names, build_names, read_objects
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.planning import (
    Planner,
    build_text,
    find_change,
    make_token,
    write_config,
    write_kubeconfig,
)
from tests.integration.hub.policy import MakePolicy
from tests.integration.hub.recorder import Recorder
from tests.integration.vault_calls import Ask, read, write

CLOSED = "https://127.0.0.1:1"


@pytest.fixture(scope="module")
def recorders(cluster: Cluster, vault: Vault) -> Iterator[tuple[Recorder, Recorder]]:
    found = (
        Recorder(vault.address, ca_file=vault.ca_file),
        Recorder(cluster.server, ca_file=cluster.ca_file),
    )
    for each in found:
        each.start()
    yield found
    for each in found:
        each.close()


@pytest.fixture(scope="module")
def plan(
    admin: Ask,
    cluster: Cluster,
    vault: Vault,
    token_file: Path,
    hub_kubeconfig: Path,
    recorders: tuple[Recorder, Recorder],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Planner]:
    """The command with a person's token; whatever a test does with it, it never wrote."""
    folder = tmp_path_factory.mktemp("plan")
    of_vault, of_kubernetes = recorders
    write_config(
        folder / "config.yaml",
        build_config(vault, {"tokenFile": {"path": str(token_file)}}),
        of_vault.url,
        cluster=cluster,
    )
    write_kubeconfig(folder / "kubeconfig", hub_kubeconfig, of_kubernetes.url)
    words = ("--config", folder / "config.yaml", "--kubeconfig", folder / "kubeconfig")
    planner = Planner(
        vault=of_vault,
        kubernetes=of_kubernetes,
        environment={"VAULT_TOKEN": make_token(admin), "HOME": str(folder)},
        words=tuple(map(str, words)),
    )
    yield planner
    assert of_vault.requests
    assert of_kubernetes.requests
    assert planner.writes == []


@pytest.mark.usefixtures("idle_hub")
def test_everything_is_created_for_a_new_policy(
    plan: Planner, make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    policy = make_policy(names)
    done = plan.run_json("-n", policy.namespace)
    assert done.code == 2, done.err
    found = done.policy
    assert [(each["action"], each["path"]) for each in found["vault"]] == [
        ("create", path) for path in names.paths
    ]
    assert found["kubernetes"] == []
    assert done.report["summary"]["create"] == 5
    objects = read_objects(admin, names)
    assert [path for path in names.paths if objects[path]] == []
    text = plan.run("-n", policy.namespace, policy.name)
    assert text.code == 2
    assert f"+ create auth/{names.auth_mount} (AuthMount)" in text.out
    assert text.out.endswith("Plan: 5 to create, 0 to update, 0 to delete.\n")
    assert "\033" not in text.out


def test_nothing_is_left_once_the_operator_has_run(
    plan: Planner, make_policy: MakePolicy, names: Names, operator: OperatorProcess
) -> None:
    policy = make_policy(names)
    policy.wait_until_ready()
    done = plan.run("-n", policy.namespace)
    assert done.code == 0, done.out + done.err
    assert done.out.endswith("No changes. Vault is as 1 policy asks.\n")
    found = plan.run_json(policy.full_name)
    assert (found.code, found.report["result"]) == (0, "NoChanges")
    assert found.policy["vault"] == []
    assert found.policy["conditions"] == []


def test_a_change_by_hand_is_shown_field_by_field(
    plan: Planner, make_policy: MakePolicy, names: Names, admin: Ask, operator: OperatorProcess
) -> None:
    policy = make_policy(names)
    policy.wait_until_ready()
    operator.stop()
    _, _, _, document, role = names.paths
    write(admin, role, {"token_ttl": 600, "token_max_ttl": 600})
    known = read(admin, document)
    assert known is not None
    write(
        admin,
        document,
        {"policy": known["policy"] + 'path "secret/*" {\n  capabilities = ["read"]\n}\n'},
    )
    done = plan.run_json("-n", policy.namespace)
    assert done.code == 2
    assert {each["path"] for each in done.policy["vault"]} == {document, role}
    fields = {each["name"]: each for each in find_change(done.policy, role)["fields"]}
    assert (fields["token_ttl"]["before"], fields["token_ttl"]["after"]) == (600, 300)
    text = plan.run("-n", policy.namespace, "--color=always")
    assert "token_ttl: \033[31m600\033[0m → \033[32m300\033[0m" in text.out
    assert '\033[31m- path "secret/*" {\033[0m' in text.out


@pytest.mark.usefixtures("idle_hub")
def test_what_belongs_to_others_is_a_conflict_with_a_way_on(
    plan: Planner, make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    path = f"sys/policies/acl/{names.role}"
    write(admin, path, {"policy": 'path "secret/*" { capabilities = ["read"] }\n'})
    policy = make_policy(names)
    done = plan.run("-n", policy.namespace)
    assert done.code == 1
    assert f"! conflict {path} (Policy)" in done.out
    assert '- path "secret/*" { capabilities = ["read"] }' in done.out
    assert "annotate this policy: admin.gloo.solo.io/adopt=true" in done.out
    assert "Plan: 3 to create, 0 to update, 0 to delete; 1 conflict." in done.out
    policy.annotate("admin.gloo.solo.io/adopt=true")
    adopted = plan.run_json("-n", policy.namespace)
    assert adopted.code == 2
    assert find_change(adopted.policy, path)["action"] == "update"


def test_an_edit_in_a_file_is_told_before_it_is_applied(
    plan: Planner, make_policy: MakePolicy, names: Names, operator: OperatorProcess, tmp_path: Path
) -> None:
    policy = make_policy(names)
    policy.wait_until_ready()
    changes = {
        **names.build_changes(),
        "spec.config.intermediateCertOptions": {"ttlDays": 30},
        "metadata.annotations": {"team": "mesh"},
    }
    path = tmp_path / "policy.yaml"
    note = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n"
    path.write_text("---\n".join([note, build_text(policy.name, policy.namespace, changes)]))
    done = plan.run_json("-f", str(path))
    assert done.code == 2, done.err
    assert "document 1: ConfigMap is skipped" in done.err
    (edited,) = done.policy["kubernetes"]
    assert (edited["action"], edited["path"]) == ("update", policy.full_name)
    assert {each["name"]: (each["before"], each["after"]) for each in edited["fields"]} == {
        "metadata.annotations[team]": (None, "mesh"),
        "spec.config.intermediateCertOptions.ttlDays": (None, 30),
    }
    _, _, _, document, _ = names.paths
    assert {each["path"] for each in done.policy["vault"]} == {names.intermediate_mount, document}
    stdin = plan.run("-f", "-", text=path.read_text())
    assert stdin.code == 2
    assert '-     "ttl" = ["768h"]' in stdin.out
    assert '+     "ttl" = ["720h"]' in stdin.out
    unchanged = build_text(policy.name, policy.namespace, names.build_changes())
    assert plan.run("-f", "-", text=unchanged).code == 0


def test_what_a_raised_generation_of_the_root_starts_is_told_before_it_is_applied(
    plan: Planner, make_policy: MakePolicy, names: Names, operator: OperatorProcess
) -> None:
    policy = make_policy(names)
    policy.wait_until_ready()
    changes = {**names.build_changes(), "spec.rotation": {"rootGeneration": 2}}
    text = build_text(policy.name, policy.namespace, changes)
    told = plan.run("-f", "-", text=text)
    assert told.code == 2, told.err
    assert "  ! The root in use is replaced by that of generation 2" in told.out
    assert "as an issuer of the name roottrust-g2; until then Prepare waits." in told.out
    assert f"`roottrust rotate root {policy.full_name} --follow` follows it." in told.out
    assert plan.run_json("-n", policy.namespace).policy["rotation"] is None


def test_a_new_policy_in_a_file_shows_all_that_its_root_makes_possible(
    plan: Planner, names: Names, namespace: str, make_policy: MakePolicy, operator: OperatorProcess
) -> None:
    changes = {
        **names.build_changes(),
        "spec.config.agentCa.vault.caPath": "pki_planned/root/sign-intermediate",
        "spec.management": {"root": {"source": "Generate", "commonName": "Root of plans"}},
    }
    text = build_text("mine", namespace, changes)
    done = plan.run_json("-f", "-", text=text)
    assert done.code == 2
    (made,) = done.policy["kubernetes"]
    assert made["action"] == "create"
    document = find_change(done.policy, names.paths[3])
    (field,) = (each for each in document["fields"] if each["name"] == "policy")
    assert "pki_planned/issuer/(known after apply)/sign-intermediate" in field["after"]
    assert field["knownAfterApply"]
    policy = make_policy(names, changes)
    policy.wait_until_ready()
    managed = [each["path"] for each in policy.read_status()["managedObjects"]]
    assert [each["path"] for each in done.policy["vault"]] == managed


@pytest.mark.usefixtures("idle_hub")
def test_a_younger_policy_in_a_file_is_refused_beside_the_older_one(
    plan: Planner, make_policy: MakePolicy, names: Names
) -> None:
    first = make_policy(names, name="first")
    others = build_names(f"{names.role.rpartition('_')[2]}b", mesh_namespace=names.mesh_namespace)
    text = build_text("second", first.namespace, others.build_changes())
    done = plan.run_json("-f", "-", text=text)
    assert done.code == 1
    (problem,) = done.policy["problems"]
    assert problem["reason"] == "SelectedByOlderPolicy"
    assert first.full_name in problem["message"]


def test_all_faults_of_files_are_told_at_once(plan: Planner, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("a: [\n")
    (tmp_path / "wrong.yaml").write_text(
        "apiVersion: admin.gloo.solo.io/v2\nkind: RootTrustPolicy\n"
        "metadata: {name: x, namespace: y}\nspec:\n  confg: {}\n"
        "  rotation: {rootGeneration: 0}\n"
    )
    done = plan.run("-f", str(tmp_path))
    assert (done.code, done.out) == (1, "")
    assert "broken.yaml: is not YAML that Kubernetes takes (line 2" in done.err
    (tmp_path / "broken.yaml").unlink()
    done = plan.run("-f", str(tmp_path))
    assert done.code == 1
    place = f"Error: {tmp_path}/wrong.yaml: document 1 (RootTrustPolicy x): "
    for fault in ("spec.config: ", "spec.confg: ", "spec.rotation.rootGeneration: "):
        assert f"{place}{fault}" in done.err


@pytest.mark.usefixtures("idle_hub")
def test_a_token_without_rights_says_what_to_grant(
    plan: Planner, make_policy: MakePolicy, names: Names, admin: Ask
) -> None:
    policy = make_policy(names)
    powerless = make_token(admin, policies=("nothing",))
    done = plan.run("-n", policy.namespace, environment={"VAULT_TOKEN": powerless})
    assert done.code == 1
    assert "AccessDenied" in done.out
    assert "sys/mounts" in done.out
    assert "deploy/vault/roottrust-plan.hcl" in done.err
    unknown = plan.run("-n", policy.namespace, environment={"VAULT_TOKEN": "hvs.of-somebody-else"})
    assert unknown.code == 1
    assert "does not know the token of VAULT_TOKEN: log in again" in unknown.out
    assert "of-somebody-else" not in unknown.out + unknown.err


@pytest.mark.usefixtures("idle_hub")
def test_a_vault_that_is_away_is_told_for_each_policy(
    plan: Planner, make_policy: MakePolicy, names: Names
) -> None:
    policy = make_policy(names)
    done = plan.run_json("-n", policy.namespace, "--vault-endpoint", CLOSED)
    assert done.code == 1
    (problem,) = done.policy["problems"]
    assert (problem["reason"], done.policy["vault"]) == ("Unreachable", [])


@pytest.mark.usefixtures("idle_hub")
def test_the_token_goes_to_no_server_but_its_own(
    plan: Planner, make_policy: MakePolicy, names: Names
) -> None:
    policy = make_policy(names)
    other = {"VAULT_ADDR": "https://vault.elsewhere:8200"}
    done = plan.run("-n", policy.namespace, environment=other)
    assert "VAULT_TOKEN is not used: VAULT_ADDR https://vault.elsewhere:8200" in done.err
    assert done.code == 2  # by the login of the configuration


def test_a_policy_that_is_not_there_is_an_error(plan: Planner, namespace: str) -> None:
    done = plan.run("-n", namespace, "nobody")
    assert (done.code, done.out) == (1, "")
    assert f"There is no RootTrustPolicy nobody in namespace {namespace}." in done.err


def test_the_certificate_beside_istiod_is_told_before_it_is_written(
    plan: Planner,
    names: Names,
    namespace: str,
    cluster: Cluster,
    operator: OperatorProcess,
    make_policy: MakePolicy,
) -> None:
    operator.stop()
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account="istiod")
    policy = make_policy(names)
    told = plan.run_json("-n", namespace, policy.name).policy["kubernetes"]
    certificate = Certificate(cluster=cluster, namespace=namespace)
    assert [(each["action"], each["kind"], each["path"]) for each in told] == [
        ("create", "IssuedCertificate", f"{namespace}/{certificate.name}")
    ]
    fields = {each["name"]: each["after"] for each in told[0]["fields"]}
    operator.start()
    spec = certificate.wait_for()["spec"]
    assert fields["spec.trustBundle"] == spec["trustBundle"]
    assert fields["spec.agentCa.vault.caPath"] == spec["agentCa"]["vault"]["caPath"]
    assert plan.run_json("-n", namespace, policy.name).code == 0
