"""`roottrust doctor` on a real API server and Vault: well, and with one thing broken each."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from roottrust.domain.foreign_secret import FOREIGN_SECRETS
from testbed import Cluster, Vault
from tests.e2e.secret_search import build_needles
from tests.integration.access_review import may_do
from tests.integration.command_result import CommandResult
from tests.integration.hub.agent import Agent
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.clusters.registration import Registrar
from tests.integration.hub.configuration import build_config
from tests.integration.hub.conftest import HUB_NAMESPACE
from tests.integration.hub.interference import Answer, Call, Interference
from tests.integration.hub.istiod import Account
from tests.integration.hub.lease import delete_lease, put_lease
from tests.integration.hub.mesh import delete_all_meshes, put_mesh, report_mesh
from tests.integration.hub.names import Names
from tests.integration.hub.operator_process import OperatorProcess
from tests.integration.hub.person import SECONDS, check_told
from tests.integration.hub.planning import make_token
from tests.integration.hub.policy import MakePolicy, Policy
from tests.integration.hub.recorder import Recorder
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_api import list_objects
from tests.integration.kube_writes import apply_object, delete_object, patch_object
from tests.integration.sealed_vault import sealed
from tests.integration.vault_calls import Ask
from tests.integration.verify.verifier import write_kubeconfig
from tests.session import CRDS, REPOSITORY

DEFINITION = "meshes.internal.gloo.solo.io"
DEPLOYMENT = "roottrust-hub"
# As Kustomize names it: the hash is another one after each change.
CONFIG = "roottrust-config-5b7t9h8k2m"
GROUP = "roottrust-doctors"
PLANTED = "planted-" + base64.b32encode(os.urandom(20)).decode()


@dataclass(frozen=True, kw_only=True)
class Doctor:
    """Calls the command as one user; `vault` is what it meets on its way to Vault."""

    kubeconfig: Path
    vault: Recorder
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, *words: str, environment: Mapping[str, str] | None = None) -> CommandResult:
        python = ["setpriv", "--pdeathsig", "KILL", sys.executable, "-W", "always::ResourceWarning"]
        given = ["doctor", "--kubeconfig", str(self.kubeconfig), *words]
        done = subprocess.run(
            [*python, "-m", "roottrust", *given],
            env={"PATH": os.environ["PATH"], **self.environment, **(environment or {})},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return check_told(CommandResult(code=done.returncode, out=done.stdout, err=done.stderr))

    def find(self, *words: str, environment: Mapping[str, str] | None = None) -> Found:
        done = self.run("-o", "json", *words, environment=environment)
        return Found(code=done.code, findings=done.report["findings"])


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one call found."""

    code: int
    findings: list[dict[str, Any]]

    @property
    def troubles(self) -> list[dict[str, Any]]:
        return [each for each in self.findings if each["health"] in {"Bad", "Unknown"}]

    @property
    def warnings(self) -> list[dict[str, Any]]:
        """What the guide's way of login and keys is warned of, and what a test has done."""
        return [each for each in self.findings if each["health"] == "Warning"]

    def get(self, check: str, words: str) -> dict[str, Any]:
        """Return the trouble of a check that says this."""
        fitting = [
            each
            for each in (*self.troubles, *self.warnings)
            if each["check"] == check and words in each["what"]
        ]
        assert fitting, self.troubles
        return fitting[0]


@dataclass(frozen=True, kw_only=True)
class Says(Interference):
    """Answers for sys/health instead of Vault."""

    answer: Answer

    async def meet(self, call: Call) -> Answer | None:
        return self.answer if call.path == "/v1/sys/health" else None


def grant(cluster: Cluster, namespace: str, *files: str) -> None:
    """Give the accounts of a namespace, where istiod is as well, what deploy/doctor/ gives."""
    cluster.kubectl("apply", "-f", REPOSITORY / "deploy/base/namespace.yaml")
    for name in files:
        text = (REPOSITORY / "deploy/doctor" / name).read_text()
        assert f"name: {GROUP}\n" in text
        text = text.replace(f"name: {GROUP}\n", f"name: system:serviceaccounts:{namespace}\n")
        text = text.replace("namespace: istio-system", f"namespace: {namespace}")
        cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=text)


@pytest.fixture
def of_vault(vault: Vault, certificate: tuple[Path, Path]) -> Iterator[Recorder]:
    """What the doctor meets on its way to Vault."""
    recorder = Recorder(vault.address, ca_file=vault.ca_file, certificate=certificate)
    recorder.start()
    yield recorder
    recorder.close()


@pytest.fixture
def doctor(
    cluster: Cluster,
    namespace: str,
    tmp_path: Path,
    of_vault: Recorder,
    certificate: tuple[Path, Path],
    vault: Vault,
) -> Iterator[Doctor]:
    """Somebody with the rights of deploy/doctor/ and no others; nothing of others is left.

    The operator is a process of the tests: its Deployment and its pod are only played.
    """
    cluster.kubectl("delete", "rtp", "--all", "--all-namespaces")
    delete_all_meshes(cluster)
    delete_lease(cluster)
    grant(cluster, namespace, "rbac.yaml", "secrets-rbac.yaml")
    config = build_config(vault, {"tokenFile": {"path": "/var/run/secrets/vault-login/token"}})
    servers = [
        {**each, "endpoint": of_vault.url, "caFile": str(certificate[0].parent / "ca.crt")}
        for each in config["vaultServers"][:1]
    ]
    install(cluster, {**config, "vaultServers": servers})
    path = write_kubeconfig(tmp_path / "kubeconfig", cluster, namespace=namespace, account="doctor")
    yield Doctor(kubeconfig=path, vault=of_vault, environment={"HOME": str(tmp_path / "nobody")})
    assert of_vault.writes == []
    delete_object(cluster, "deployments", HUB_NAMESPACE, DEPLOYMENT)
    delete_object(cluster, "configmaps", HUB_NAMESPACE, CONFIG)


def install(cluster: Cluster, config: Mapping[str, Any]) -> None:
    """Write the operator's objects; no node runs its pod, which says that it is ready."""
    labels = {"app.kubernetes.io/name": "roottrust", "app.kubernetes.io/component": "hub"}
    place = {"namespace": HUB_NAMESPACE}
    data = {"config.yaml": yaml.safe_dump(dict(config))}
    metadata = {"name": CONFIG, **place}
    apply_object(
        cluster, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
    )
    path = "/etc/roottrust/config.yaml"
    container = {
        "name": "operator",
        "image": "roottrust:0.1.0",
        "args": ["operator", "--config", path],
        "volumeMounts": [{"name": "config", "mountPath": path, "subPath": "config.yaml"}],
    }
    volumes = [{"name": "config", "configMap": {"name": CONFIG}}]
    pod = {"containers": [container], "volumes": volumes, "automountServiceAccountToken": False}
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": DEPLOYMENT, "labels": labels, **place},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }
    apply_object(cluster, manifest)
    wait_for(lambda: play_pods(cluster), bool)


def play_pods(cluster: Cluster) -> bool:
    """Have the pods say that they are ready, and return whether the Deployment says so."""
    selector = "app.kubernetes.io/component=hub"
    for pod in list_objects(cluster, "pods", HUB_NAMESPACE, labels=selector):
        ready = {"type": "Ready", "status": "True", "lastTransitionTime": show(datetime.now(UTC))}
        place = (HUB_NAMESPACE, pod["metadata"]["name"])
        patch_object(
            cluster,
            "pods",
            *place,
            {"status": {"phase": "Running", "conditions": [ready]}},
            part="status",
        )
    found = list_objects(cluster, "deployments", HUB_NAMESPACE, labels=selector)
    return any(each.get("status", {}).get("availableReplicas") for each in found)


def show(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def fleet(
    doctor: Doctor,
    operator: OperatorProcess,
    make_policy: MakePolicy,
    names: Names,
    cluster: Cluster,
    vault: Vault,
    namespace: str,
    own_istiod: Account,
) -> Policy:
    """One policy with one mesh, of which everything is well."""
    put_mesh(cluster, lies_in=namespace, speaks_for=namespace, account=own_istiod.name)
    policy = make_policy(names)
    certificate = Certificate(cluster=cluster, namespace=namespace)
    certificate.wait_for()
    Agent(cluster=cluster, vault=vault, certificate=certificate, account=own_istiod).serve()
    report_mesh(cluster, namespace=namespace, fingerprints=[policy.wait_for_root()])
    policy.wait_until_ready()
    return policy


def test_an_installation_that_is_well_is_all_well(
    doctor: Doctor, fleet: Policy, admin: Ask, cluster: Cluster, namespace: str
) -> None:
    done = doctor.run()
    assert (done.code, done.err) == (0, ""), done.out
    assert "\033" not in done.out
    assert done.out.splitlines()[-1].startswith("All is well: ")
    assert ", 0 failed, 0 unknown." in done.out
    assert "✓ Lease gloo-mesh/roottrust-hub: there is none, as leaderElection is off" in done.out
    own = {"VAULT_TOKEN": make_token(admin)}
    found = doctor.find(environment=own)
    assert (found.code, found.troubles) == (0, [])
    assert {each["subject"] for each in found.warnings} == {f"RootTrustPolicy {fleet.full_name}"}
    assert any("objects that policies keep are there" in each["what"] for each in found.findings)


@pytest.mark.refused("reader")
def test_who_has_the_rights_of_status_alone_is_told_which_ones_are_missing(
    doctor: Doctor, fleet: Policy, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    other = f"{namespace}-2"
    cluster.kubectl("create", "namespace", other)
    text = (REPOSITORY / "deploy/status/rbac.yaml").read_text()
    text = text.replace("name: roottrust-readers\n", f"name: system:serviceaccounts:{other}\n")
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=text)
    path = write_kubeconfig(tmp_path / "other", cluster, namespace=other, account="reader")
    reader = Doctor(kubeconfig=path, vault=doctor.vault, environment=doctor.environment)
    found = reader.find()
    assert found.code == 1
    assert {each["health"] for each in found.troubles} == {"Unknown"}
    rights = {each["right"] for each in found.troubles}
    assert "list deployments.apps in gloo-mesh" in rights
    assert "list secrets in gloo-mesh" in rights
    assert f"get secrets istiod-tls in {namespace}" in rights
    assert f"get customresourcedefinitions.apiextensions.k8s.io {DEFINITION}" in rights
    fixes = {each["fix"] for each in found.troubles if each["right"]}
    folder = "kubectl apply -f deploy/doctor"
    assert fixes == {f"{folder}/rbac.yaml", f"{folder}/secrets-rbac.yaml"}
    cluster.kubectl("delete", "namespace", other, "--wait=false")


@pytest.mark.refused("doctor")
def test_without_rights_on_secrets_they_are_unknown_or_left_out(
    doctor: Doctor, fleet: Policy, cluster: Cluster, namespace: str
) -> None:
    cluster.kubectl("delete", "role", "roottrust-doctor-secrets", "-n", namespace)
    cluster.kubectl("delete", "role", "roottrust-doctor-secrets", "-n", HUB_NAMESPACE)
    found = doctor.find()
    assert found.code == 1
    assert {each["check"] for each in found.troubles} == {"registrations", "foreign-ca"}
    done = doctor.run("--skip", "registrations", "--skip", "foreign-ca")
    assert done.code == 0
    assert done.out.endswith(", left out: registrations, foreign-ca.\n")


@pytest.mark.refused("stranger")
def test_a_stranger_and_a_server_that_is_away_are_told_apart(
    doctor: Doctor, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    stranger = write_kubeconfig(tmp_path / "s", cluster, namespace="default", account="stranger")
    found = Doctor(kubeconfig=stranger, vault=doctor.vault, environment=doctor.environment).find()
    cluster.kubectl("delete", "serviceaccount", "stranger", "-n", "default")
    assert found.code == 1
    assert found.get("access", "You may not list roottrustpolicies")["health"] == "Unknown"
    content = yaml.safe_load(doctor.kubeconfig.read_text())
    content["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    doctor.kubeconfig.write_text(yaml.safe_dump(content))
    done = doctor.run()
    assert (done.code, done.out) == (1, "")
    assert "cannot be reached: connection refused" in done.err


@pytest.fixture
def without_a_kind(alone: None, cluster: Cluster) -> Iterator[None]:
    """A cluster that lacks one of our kinds."""
    yield
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", CRDS)
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", CRDS)


def test_a_kind_that_is_older_or_gone_is_told(
    doctor: Doctor, without_a_kind: None, cluster: Cluster
) -> None:
    definition = json.loads(cluster.kubectl("get", "crd", DEFINITION, "-o=json").stdout)
    spec = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    del spec["status"]["properties"]["selfSigned"]
    manifest = {
        **{key: definition[key] for key in ("apiVersion", "kind", "spec")},
        "metadata": {"name": DEFINITION},
    }
    words = ("apply", "--server-side", "--force-conflicts", "-f", "-")
    cluster.kubectl(*words, input=json.dumps(manifest))
    found = doctor.find()
    assert found.code == 2
    trouble = found.get("crds", "lacks 1 field of this version: status.selfSigned")
    assert trouble["fix"] == "kubectl apply --server-side -f crds/"
    cluster.kubectl("delete", "crd", DEFINITION)
    found = wait_for(doctor.find, lambda each: "is not there" in str(each.troubles))
    assert found.get("crds", "it is not there")["subject"] == DEFINITION


def test_an_operator_that_is_scaled_away_or_silent_is_told(
    doctor: Doctor, fleet: Policy, cluster: Cluster
) -> None:
    patch_object(cluster, "deployments", HUB_NAMESPACE, DEPLOYMENT, {"spec": {"replicas": 0}})
    put_lease(cluster, datetime.now(UTC) - timedelta(hours=3))
    done = doctor.run()
    assert done.code == 2
    assert "✗ Deployment gloo-mesh/roottrust-hub: it is scaled to 0" in done.out
    assert "do: kubectl scale deployment roottrust-hub -n gloo-mesh --replicas=2" in done.out
    assert "no hub leads, the last one did 3 hours ago" in done.out
    put_lease(cluster, datetime.now(UTC))
    found = doctor.find()
    assert [each["check"] for each in found.troubles] == ["operator"]
    delete_lease(cluster)


@pytest.mark.usefixtures("alone")
def test_a_sealed_vault_is_told(doctor: Doctor, vault: Vault) -> None:
    with sealed(vault):
        found = doctor.find()
    trouble = found.get("vault", "it is sealed")
    assert found.code == 2
    assert trouble["fix"].startswith("vault operator unseal -address=https://127.0.0.1:")


def test_a_vault_that_is_away_from_here_alone_is_unknown(doctor: Doctor, fleet: Policy) -> None:
    doctor.vault.refuse_connections()
    found = doctor.find()
    doctor.vault.listen()
    (trouble,) = found.troubles
    assert (found.code, trouble["health"]) == (1, "Unknown")
    assert "The hub says that it reaches it." in trouble["what"]


def test_a_clock_of_vault_that_is_behind_is_told(doctor: Doctor, fleet: Policy) -> None:
    before = format_datetime(datetime.now(UTC) - timedelta(minutes=10), usegmt=True)
    body = {"initialized": True, "sealed": False, "version": "2.7.2"}
    doctor.vault.interfere(Says(answer=Answer(status=200, body=body, headers={"Date": before})))
    (trouble,) = doctor.find().troubles
    assert (trouble["check"], trouble["health"]) == ("clocks", "Bad")
    assert trouble["what"].endswith("Vault https://vault.example:8200 is behind")


def test_a_registration_that_is_broken_is_told_with_its_command(
    doctor: Doctor,
    operator: OperatorProcess,
    registrar: Registrar,
    make_policy: MakePolicy,
    names: Names,
    cluster: Cluster,
) -> None:
    registrar.register("cluster2", "no kubeconfig at all")
    selector = [{"istio": {"clusterSelector": {"cluster": "cluster2"}}}]
    policy = make_policy(names, {"spec.applyToMeshes": selector})
    policy.wait_for("Accepted", "Unknown", "InvalidKubeconfig")
    found = doctor.find()
    trouble = found.get("policies", "InvalidKubeconfig")
    assert (found.code, trouble["health"]) == (2, "Bad")
    assert trouble["fix"] == "roottrust cluster join CLUSTER --context CTX"


@pytest.fixture
def registrar(cluster: Cluster) -> Iterator[Registrar]:
    registrar = Registrar(cluster)
    registrar.clear()
    yield registrar
    registrar.clear()


def test_a_conflict_in_vault_is_told_also_as_the_guides_row(
    doctor: Doctor,
    operator: OperatorProcess,
    make_policy: MakePolicy,
    names: Names,
    admin: Ask,
) -> None:
    text = 'path "secret/*" { capabilities = ["read"] }\n'
    assert admin("PUT", f"sys/policies/acl/{names.role}", {"policy": text}).ok
    policy = make_policy(names)
    policy.wait_for("VaultConfigured", "False", "Conflict")
    found = doctor.find()
    assert found.get("vault", "Conflict")["fix"].startswith(f"roottrust plan {policy.full_name}")
    assert found.get("guide", "something else")["subject"] == "path is already in use"


def test_a_mesh_that_signs_for_itself_and_its_secret_are_told(
    doctor: Doctor, fleet: Policy, cluster: Cluster, namespace: str
) -> None:
    report_mesh(cluster, namespace=namespace, fingerprints=["ab" * 32], selfSigned=True)
    metadata = {"name": "istio-ca-secret", "namespace": namespace}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
    apply_object(cluster, {**secret, "stringData": {"ca-key.pem": PLANTED}})
    found = doctor.find()
    assert found.code == 2
    trouble = found.get("meshes", "has signed a root of its own")
    assert trouble["fix"].startswith("roottrust istiod-patch")
    trouble = found.get("foreign-ca", "istio-ca-secret")
    assert trouble["fix"] == f"kubectl delete secret istio-ca-secret -n {namespace}"


def test_an_object_of_vault_that_is_gone_is_told_to_who_may_look(
    doctor: Doctor, fleet: Policy, operator: OperatorProcess, names: Names, admin: Ask
) -> None:
    operator.stop()
    token = make_token(admin)
    assert admin("DELETE", f"auth/{names.auth_mount}/role/{names.role}").ok
    found = doctor.find(environment={"VAULT_TOKEN": token})
    trouble = found.get("vault", "not there, and kept by policies")
    assert names.role in trouble["what"]
    assert trouble["fix"] == "roottrust plan"


def test_a_bundle_has_what_a_report_needs_and_no_secret(
    doctor: Doctor,
    fleet: Policy,
    cluster: Cluster,
    namespace: str,
    vault: Vault,
    admin: Ask,
    token_file: Path,
    registrar: Registrar,
    tmp_path: Path,
) -> None:
    metadata = {"name": "cacerts", "namespace": namespace}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
    apply_object(cluster, {**secret, "stringData": {"ca-key.pem": PLANTED}})
    registrar.register("cluster9", f"token: {PLANTED}")
    own = make_token(admin)
    hidden = base64.b64encode(f"token: {own}".encode()).decode()
    fleet.annotate(f"kubectl.kubernetes.io/last-applied-configuration={own}")
    report_mesh(cluster, namespace=namespace, fingerprints=["ab" * 32], message=f"It is {hidden}.")
    path = tmp_path / "report.tar.gz"
    done = doctor.run("--bundle", str(path), environment={"VAULT_TOKEN": own})
    assert "report.tar.gz has report.txt, report.json, versions.json" in done.err
    assert path.stat().st_mode & 0o777 == 0o600
    with tarfile.open(path) as archive:
        files = {each.name: archive.extractfile(each) for each in archive.getmembers()}
        texts = {name: file.read() for name, file in files.items() if file is not None}
    kubeconfig = yaml.safe_load(doctor.kubeconfig.read_text())
    secrets = {
        "the planted key": PLANTED.encode(),
        "Vault's root token": vault.root_token.encode(),
        "the operator's token": token_file.read_bytes().strip(),
        "the person's token": own.encode(),
        "the person's token of Kubernetes": kubeconfig["users"][0]["user"]["token"].encode(),
    }
    keys = [*cluster.folder.rglob("*.key"), *cluster.folder.rglob("*-key.pem")]
    assert keys
    secrets |= {str(each): _drop_frame(each.read_text()) for each in keys}
    secrets |= {
        f"unseal key {number}": each.encode() for number, each in enumerate(vault.unseal_keys)
    }
    for secret_name, content in secrets.items():
        for needle in build_needles(content):
            holding = [name for name, text in texts.items() if needle in text]
            assert holding == [], secret_name
    policies = json.loads(texts["roottrust-doctor/policies.json"])
    assert policies[0]["status"]["conditions"]
    versions = json.loads(texts["roottrust-doctor/versions.json"])
    assert versions["kubernetes"].startswith("v1.")
    assert b"vault.example" in texts["roottrust-doctor/configuration.yaml"]
    assert b'"kind": "RootTrustPolicy"' in texts["roottrust-doctor/events.json"]


def _drop_frame(pem: str) -> bytes:
    """Return a line from the middle of a PEM file: PEM breaks its lines wherever it likes."""
    lines = [each for each in pem.splitlines() if not each.startswith("-----")]
    return lines[len(lines) // 2].encode()


@pytest.mark.usefixtures("doctor")
@pytest.mark.parametrize(
    ("verb", "resource", "allowed"),
    [
        ("list", ("admin.gloo.solo.io", "roottrustpolicies"), True),
        ("list", ("internal.gloo.solo.io", "meshes"), True),
        ("get", ("apiextensions.k8s.io", "customresourcedefinitions"), False),
        ("patch", ("admin.gloo.solo.io", "roottrustpolicies"), False),
        ("list", ("", "secrets"), False),
        ("list", ("", "configmaps"), False),
        ("list", ("", "events"), False),
    ],
)
def test_a_doctor_may_read_and_no_more(
    cluster: Cluster, namespace: str, verb: str, resource: tuple[str, str], allowed: bool
) -> None:
    groups = (f"system:serviceaccounts:{namespace}",)
    assert may_do(cluster, "somebody", verb, resource, "", groups=groups) is allowed


def test_rights_on_secrets_are_of_the_names_that_are_looked_for() -> None:
    text = (REPOSITORY / "deploy/doctor/secrets-rbac.yaml").read_text()
    named = [
        rule["resourceNames"]
        for each in yaml.safe_load_all(text)
        for rule in each.get("rules") or ()
        if "resourceNames" in rule
    ]
    assert named == [list(FOREIGN_SECRETS)]
    others = (REPOSITORY / "deploy/doctor/rbac.yaml").read_text()
    rules = [rule for each in yaml.safe_load_all(others) for rule in each.get("rules") or ()]
    assert [each for each in rules if "secrets" in each["resources"]] == []
    assert {verb for each in rules for verb in each["verbs"]} == {"get", "list"}
