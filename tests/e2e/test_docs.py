"""The quick start from its login to its "Undo it", and between them what its reader looks up.

One story, in this order, in real pods: blocks of the pages as they are, by somebody who begins with
nothing. It comes before all tests that share an operator (conftest.py).

Parsed alone: what a person's own machine is for (`pip install`, `docker build`, `docker push`), and
`make` with its tests (CONTRIBUTING.md, docs/release.md), which would run this one.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from testbed import Cluster, Istio, Testbed, Vault
from tests.doc_blocks import Block, find_block
from tests.e2e.chart_repository import serve_charts
from tests.e2e.istiod import Istiod
from tests.e2e.newcomer import become_newcomer, begin_with_nothing, bring_kinds_back
from tests.integration.chart.prometheus_kinds import build_prometheus_kinds
from tests.integration.command_result import CommandResult
from tests.integration.hub.waiting import wait_for
from tests.integration.reader import Reader

VAULT = "https://vault.example:8200"
CLUSTER = {"CLUSTER": "cluster1"}
POLICY = {"NAMESPACE": "gloo-mesh", "NAME": "mesh"}
MESH = "istiod-istio-system-cluster1"
ROLE = "auth/kube-cluster1-mesh-auth/role/gen-int-ca-istio-cluster1-mesh"
PAUSED = "kubectl create deployment shop -n gloo-mesh --image=localhost/busybox:testbed"
DIRECTIVE = """\
apiVersion: internal.gloo.solo.io/v2
kind: PodBounceDirective
metadata: {name: shop, namespace: gloo-mesh}
spec:
  podsToBounce: [{namespace: gloo-mesh, labels: {app: shop}}]
"""


@pytest.fixture(scope="module")
def reader(
    bed: Testbed,
    cluster: Cluster,
    vault: Vault,
    istio: Istio,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Reader]:
    """A newcomer to whom istio's charts are served, and who leaves nothing behind."""
    reader = become_newcomer(bed, cluster, vault, istio, tmp_path_factory.mktemp("newcomer"))
    begin_with_nothing(reader)
    vault.restart()
    with serve_charts(istio, tmp_path_factory.mktemp("charts")) as url:
        yield replace(reader, environment={**reader.environment, "ISTIO_CHARTS": url})
    begin_with_nothing(reader)
    bring_kinds_back(cluster)


def succeed(
    reader: Reader, block: Block | str, replaced: dict[str, str] | None = None
) -> CommandResult:
    """Type it, and have all of it succeed."""
    text = block if isinstance(block, str) else block.commands
    done = reader.type(text, replaced=replaced)
    assert done.code == 0, f"{block}\n{done.out}\n{done.err}"
    return done


def test_the_quick_start_from_the_login_to_a_policy(reader: Reader, vault: Vault) -> None:
    for block in (
        find_block("docs/quick-start.md", "# config.yaml"),
        find_block("docs/quick-start.md", "# policy.yaml"),
    ):
        reader.write(block.first.removeprefix("# "), block.text.replace(VAULT, vault.address))
    login = find_block("docs/quick-start.md", "export VAULT_ADDR")
    assert "Success! Uploaded policy" in succeed(reader, login, {VAULT: vault.address}).out
    succeed(reader, find_block("docs/quick-start.md", "cat >values.yaml"))
    assert not (reader.folder / "secret-id").exists()
    done = reader.run(find_block("docs/quick-start.md", "roottrust plan -f policy.yaml"))
    assert (done.code, "Plan: 6 to create, 0 to update, 0 to delete." in done.out) == (2, True)
    done = succeed(reader, find_block("docs/quick-start.md", "kubectl apply -f policy.yaml"))
    assert "condition met" in done.out
    done = reader.type("roottrust status")
    assert (done.code, "No mesh is found yet" in done.out) == (1, True), done


def test_the_quick_start_from_istiod_to_what_holds(reader: Reader) -> None:
    done = succeed(reader, find_block("docs/quick-start.md", "helm repo add istio"))
    assert 'deployment "istiod" successfully rolled out' in done.out
    done = succeed(reader, find_block("docs/quick-start.md", "kubectl wait --for=condition=Ready"))
    assert "gloo-mesh/mesh: ready, 1 of 1 mesh" in done.out
    assert "Verified: 1 mesh under the pinned root (6 ok" in done.out


def test_monitoring_is_installed_and_the_log_is_read_as_its_page_tells(reader: Reader) -> None:
    reader.write("kinds.json", build_prometheus_kinds())
    succeed(reader, "kubectl apply --server-side -f kinds.json")
    succeed(reader, "kubectl wait crds --all --for=condition=Established --timeout=30s")
    done = succeed(reader, find_block("docs/monitoring.md", "kubectl apply -k deploy/monitoring"))
    assert "prometheusrule.monitoring.coreos.com/roottrust created" in done.out
    block = find_block("docs/monitoring.md", "kubectl logs -n gloo-mesh -l")
    done = succeed(reader, block, {"NAMESPACE/NAME": "gloo-mesh/mesh", "CLUSTER": "cluster1"})
    told = [json.loads(line) for line in done.out.splitlines()]
    assert {each.get("policy", "gloo-mesh/mesh") for each in told} == {"gloo-mesh/mesh"}
    assert {each.get("cluster", "cluster1") for each in told} == {"cluster1"}


def test_runbooks_of_the_operator(reader: Reader) -> None:
    done = succeed(reader, find_block("docs/runbooks.md", "kubectl get pods -n gloo-mesh -l"))
    assert done.out.count("Running") == 2
    assert "roottrust-operator" in done.out
    pod, address = find_pod(reader, "gloo-mesh", "app.kubernetes.io/component=hub")
    port = str(find_free_port())
    way = {"POD 8080": f"{pod} {port}:8080", "localhost:8080": f"localhost:{port}"}
    block = find_block("docs/runbooks.md", "kubectl get pods -A -o wide | grep ADDRESS")
    done = succeed(reader, block, {"ADDRESS": address, **way})
    assert pod in done.out
    assert "[ok] watches" in done.out
    block = find_block("docs/runbooks.md", "kubectl port-forward -n gloo-mesh POD")
    done = reader.run(block, replaced=way)
    # Its last line asks for metrics-server, which the testbed has not.
    assert (done.code, "[ok] queue" in done.out) == (1, True), done
    assert "Metrics API not available" in done.err
    done = succeed(reader, find_block("docs/runbooks.md", "kubectl get lease -n gloo-mesh"))
    assert "renewTime" in done.out
    assert "leads: it holds the lease" in done.out
    block = find_block(
        "docs/runbooks.md",
        "kubectl logs -n gloo-mesh -l app.kubernetes.io/component=hub --tail=-1 | grep -i watch",
    )
    done = reader.type(f"set +e\n{block.commands}", replaced={"POD": pod})
    assert (done.code, f'pod "{pod}" deleted' in done.out) == (0, True), done
    succeed(reader, "kubectl rollout status deployment/roottrust-hub -n gloo-mesh")
    block = find_block(
        "docs/runbooks.md",
        'kubectl logs -n gloo-mesh -l app.kubernetes.io/component=hub --tail=-1 | grep "bug:"',
    )
    assert reader.type(f"set +e\n{block.commands}") == CommandResult(code=1, out="", err="")
    done = succeed(reader, find_block("docs/runbooks.md", "roottrust cluster list"), CLUSTER)
    assert '"cluster": "cluster1"' in done.out


def test_runbooks_of_vault_and_policies(reader: Reader) -> None:
    succeed(
        reader, f"vault delete {ROLE} && kubectl annotate rtp mesh -n gloo-mesh example.com/a=1"
    )
    block = find_block("docs/runbooks.md", "kubectl get events -n NAMESPACE --field-selector")
    text = f"set +e\n{block.commands}"
    done = wait_for(lambda: reader.type(text, replaced=POLICY), lambda seen: "was gone" in seen.out)
    assert f"Repaired in Vault: {ROLE}" in done.out
    # The testbed's Vault writes no audit log.
    assert (done.code, "No audit devices are enabled" in done.out + done.err) == (2, True), done
    # Whichever pod leads has something to tell of Vault by now.
    told = succeed(reader, find_block("docs/runbooks.md", "roottrust status")).out
    assert "in Vault" in told
    assert "Initialized" in told
    block = find_block("docs/runbooks.md", "kubectl describe rtp -n NAMESPACE NAME      # Cond")
    done = succeed(reader, block, POLICY)
    assert "Reason:                Configured" in done.out
    assert "gloo-mesh/mesh: ready" in done.out
    block = find_block("docs/runbooks.md", "kubectl describe rtp -n NAMESPACE NAME      # the con")
    assert "No changes. Vault is as 1 policy asks." in succeed(reader, block, POLICY).out


def test_runbooks_of_meshes(reader: Reader) -> None:
    pod, address = find_pod(reader, "istio-system", "app=istiod")
    block = find_block(
        "docs/runbooks.md", "roottrust status NAMESPACE/NAME                               #"
    )
    done = succeed(reader, block, POLICY)
    assert f"{pod}: serves its intermediate" in done.out
    assert "trustBundle: |" in done.out
    assert "istiod serves intermediate" in done.out
    block = find_block(
        "docs/runbooks.md", "kubectl get pods -n istio-system -o wide | grep ADDRESS"
    )
    done = succeed(reader, block, {"ADDRESS": address, "POD": pod})
    assert "istiod serves intermediate" in done.out
    block = find_block("docs/runbooks.md", "kubectl get mesh -A")
    done = succeed(reader, block, {"NAME": MESH, "CONTEXT": "cluster1"})
    assert "Type:                  TrustPublished" in done.out
    assert "Verified: 1 mesh" in done.out
    block = find_block("docs/runbooks.md", "kubectl describe mesh -n gloo-mesh NAME")
    done = succeed(reader, block, {"NAMESPACE": "default", "mesh NAME": f"mesh {MESH}"})
    assert "In Sync:" in done.out
    assert "root-cert.pem: |" in done.out
    reader.write("directive.yaml", DIRECTIVE)
    succeed(reader, f"{PAUSED} && kubectl rollout pause deployment/shop -n gloo-mesh")
    succeed(reader, "kubectl apply -f directive.yaml")
    block = find_block("docs/runbooks.md", "kubectl describe podbouncedirective")
    own = {**POLICY, "DIRECTIVE": "shop", "WORKLOAD": "shop"}
    del own["NAME"]
    wait_for(
        lambda: reader.run(block, replaced=own).out, lambda told: "its rollout is paused" in told
    )
    succeed(reader, "kubectl delete podbouncedirective/shop deployment/shop -n gloo-mesh")


def test_runbooks_of_a_rotation(reader: Reader) -> None:
    """As it goes where a person is asked; then back, as the page has it."""
    succeed(
        reader,
        "kubectl patch rtp mesh -n gloo-mesh --type=merge "
        """-p '{"spec":{"rotation":{"verification":"Manual"}}}'""",
    )
    block = find_block("docs/runbooks.md", "roottrust status NAMESPACE/NAME                   #")
    done = succeed(reader, block, POLICY)
    assert "Nothing was changed (--dry-run)." in done.out
    assert "gloo-mesh/mesh: spec.rotation.rootGeneration: 1 → 2" in done.out
    wait_for(lambda: reader.type("roottrust status").out, lambda told: "Sign waits" in told)
    block = find_block("docs/runbooks.md", "roottrust status NAMESPACE/NAME      # the line")
    done = reader.type(f"set +e\n{block.commands}", replaced=POLICY)
    assert (done.code, "Sign waits for a person" in done.err) == (2, True), done
    block = find_block("docs/runbooks.md", "roottrust status NAMESPACE/NAME      # what it")
    done = reader.type(f"set +e\n{block.commands}", replaced=POLICY)
    assert (done.code, "to go on: roottrust rotate approve" in done.out) == (0, True), done
    assert "Sign follows" in done.out + done.err
    succeed(reader, "roottrust rotate rollback gloo-mesh/mesh")
    wait_for(lambda: reader.type("roottrust status"), lambda told: told.code == 0, seconds=60)


def test_troubleshooting(reader: Reader) -> None:
    done = succeed(reader, find_block("docs/troubleshooting.md", "roottrust doctor"))
    assert "0 failed, 0 unknown." in done.out
    assert "All is well: 1 of 1 policy well, 1 of 1 mesh ready." in done.out
    done = succeed(
        reader, find_block("docs/troubleshooting.md", "kubectl get pods -n istio-system")
    )
    assert "has published intermediate" in done.out
    assert "State:                       FINISHED" in done.out
    block = find_block("docs/troubleshooting.md", "roottrust verify --context CONTEXT")
    done = succeed(reader, block, {"CONTEXT": "cluster1", "NAMESPACE": "default"})
    assert "Verified: 1 mesh" in done.out
    assert "subject=CN = Example root CA" in done.out.replace("CN=Ex", "CN = Ex")


def test_upgrade_roll_back_and_uninstall(reader: Reader, cluster: Cluster) -> None:
    """What the quick start has written is enough for an upgrade, and nothing is issued anew."""
    istiod = Istiod(cluster)
    serial = istiod.read_instance()["serial"]
    done = succeed(reader, find_block("docs/upgrade.md", "helm upgrade roottrust"))
    assert "REVISION: 2" in done.out
    done = succeed(reader, find_block("docs/upgrade.md", "helm rollback roottrust"))
    assert "Rollback was a success" in done.out
    succeed(reader, "kubectl rollout status deployment/roottrust-hub -n gloo-mesh")
    done = succeed(reader, find_block("docs/upgrade.md", "kubectl delete rtp --all -n gloo-mesh"))
    assert 'release "roottrust" uninstalled' in done.out
    assert istiod.read_certificate() != {}
    block = find_block("docs/quick-start.md", "cat >values.yaml")
    (install,) = (each for each in block.commands.splitlines() if each.startswith("helm install"))
    succeed(reader, install)
    succeed(reader, find_block("docs/quick-start.md", "kubectl apply -f policy.yaml"))
    wait_for(lambda: reader.type("roottrust status"), lambda told: told.code == 0)
    assert istiod.read_instance()["serial"] == serial


def test_the_quick_start_is_undone(reader: Reader) -> None:
    succeed(reader, find_block("docs/quick-start.md", "helm template istiod istio/istiod"))
    succeed(reader, find_block("docs/quick-start.md", "kubectl delete rtp mesh"))
    left = succeed(reader, "kubectl get all,configmaps,secrets,clusterroles,crds -A -o name").out
    assert "roottrust" not in left
    assert "gloo" not in left
    assert "istio-ca-root-cert" not in left
    left = succeed(reader, "vault secrets list; vault auth list; vault policy list").out
    assert "pki" not in left
    assert "kube-cluster1" not in left
    assert "roottrust" not in left
    assert "gen-int-ca" not in left


def find_pod(reader: Reader, namespace: str, label: str) -> tuple[str, str]:
    """Return name and address of the first of these pods."""
    told = succeed(reader, f"kubectl get pods -n {namespace} -l {label} -o json").out
    pod = json.loads(told)["items"][0]
    return pod["metadata"]["name"], pod["status"]["podIP"]


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
