"""A set-up that was made by hand is taken over as its page tells, in real pods.

One story, in this order: the manual procedure's own commands (docs/guide.md), beside an istiod that
signs itself, and then docs/migration/hand-made.md from its first step to its last.

Not run: what needs charts of others from the Internet, HashiCorp's of Vault and Gloo Mesh's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from testbed import Cluster, Istio, Testbed, Vault
from tests.doc_blocks import find_block
from tests.e2e.chain import check_chain
from tests.e2e.guide_reader import (
    CONTEXT,
    OLD_CONTEXT,
    become_guide_reader,
    expect,
    reach_vault,
    succeed,
)
from tests.e2e.helm import Helm
from tests.e2e.istiod import Istiod, forget_roots
from tests.e2e.operator_pod import NAMESPACE as HOME
from tests.e2e.operator_pod import OperatorPod, build_config, forget_policy
from tests.e2e.workload import Workload
from tests.integration.cluster.workloads import Bounce
from tests.integration.hub.policy import Policy
from tests.integration.hub.rights import NAME as RIGHTS
from tests.integration.hub.rights import build_rights
from tests.integration.hub.root import Root
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_api import find_object
from tests.integration.reader import Reader
from tests.integration.vault_calls import Ask, read, write

WORKLOADS = ("ratings", "reviews")
AUTH, INTERMEDIATES = "kube-cluster1-mesh-auth", "pki_int_cluster1"
ROLE = "gen-int-ca-istio-cluster1-mesh"
RENDER = "helm template istiod istio/istiod -n istio-system -f istiod-values.yaml"
# What a cluster of the procedure's time made by itself for each account.
TOKEN = "istiod-service-account-token"
TOKEN_OF_ISTIOD = f"""\
kubectl create serviceaccount istiod-service-account -n istio-system
kubectl apply -f - <<END
apiVersion: v1
kind: Secret
metadata:
  name: {TOKEN}
  namespace: istio-system
  annotations: {{kubernetes.io/service-account.name: istiod-service-account}}
type: kubernetes.io/service-account-token
END
kubectl patch serviceaccount istiod-service-account -n istio-system \
  -p '{{"secrets":[{{"name":"{TOKEN}"}}]}}'
kubectl wait secret/{TOKEN} -n istio-system --for=jsonpath='{{.data.token}}'
"""
# What an agent of then had made for an istiod of before.
OLD_INTERMEDIATE = f"vault write {INTERMEDIATES}/intermediate/generate/exported common_name=before"


@dataclass(frozen=True, kw_only=True)
class Made:
    """What in Vault would be another one if it were made anew."""

    accessors: tuple[str, ...]
    issuers: tuple[str, ...]
    keys: tuple[str, ...]
    keys_of_intermediates: frozenset[str]


def look_into_vault(admin: Ask) -> Made:
    mounts, logins = read(admin, "sys/mounts") or {}, read(admin, "sys/auth") or {}
    places = (mounts["pki/"], mounts[f"{INTERMEDIATES}/"], logins[f"{AUTH}/"])
    return Made(
        accessors=tuple(each["accessor"] for each in places),
        issuers=list_ids(admin, "pki/issuers"),
        keys=list_ids(admin, "pki/keys"),
        keys_of_intermediates=frozenset(list_ids(admin, f"{INTERMEDIATES}/keys")),
    )


def list_ids(admin: Ask, path: str) -> tuple[str, ...]:
    answer = admin("LIST", path)
    return tuple(answer.json()["data"]["keys"]) if answer.ok else ()


@pytest.fixture(scope="module")
def policy(cluster: Cluster) -> Policy:
    return Policy(cluster=cluster, namespace=HOME, name="cluster1")


@pytest.fixture(scope="module")
def istiod(cluster: Cluster) -> Istiod:
    return Istiod(cluster)


@pytest.fixture(scope="module")
def reader(
    bed: Testbed,
    cluster: Cluster,
    vault: Vault,
    istio: Istio,
    admin: Ask,
    helm: Helm,
    operator: OperatorPod,
    root: Root,
    policy: Policy,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Reader]:
    """Somebody who has the operator of step 1, and a Vault in which only that can log in."""
    reader = become_guide_reader(bed, cluster, vault, istio, tmp_path_factory.mktemp("by-hand"))
    reader.write("config.yaml", json.dumps(build_config(cluster, vault)))
    forget_policy(policy, admin)
    admin("DELETE", "sys/mounts/pki")
    yield reader
    forget_policy(policy, admin)
    reader.type(
        f"set +e; {RENDER} | kubectl delete --ignore-not-found -f -\n"
        "kubectl delete -f deploy/istiod/rbac.yaml -f deploy/verify/rbac.yaml --ignore-not-found\n"
        f"kubectl delete secret/{TOKEN} sa/istiod-service-account -n istio-system\n"
        f"kubectl delete deployment {' '.join(WORKLOADS)} -n bookinfo\n"
        f"kubectl delete podbouncedirectives --all -n {HOME}\n"
        "kubectl delete issuedcertificates --all -n istio-system\n"
    )
    forget_roots(cluster)
    for mount in ("sys/auth/userpass", "sys/mounts/pki"):
        admin("DELETE", mount)
    root.import_into(admin)
    write(admin, f"sys/policies/acl/{RIGHTS}", {"policy": build_rights(())})


@pytest.fixture(scope="module")
def made(reader: Reader, admin: Ask, istiod: Istiod, bookinfo: str) -> Made:
    """The procedure's steps for one cluster, whose istiod signs itself as yet."""
    names = {"<oldcontext>": OLD_CONTEXT, "<newcontext>": CONTEXT}
    done = expect(0, reader, find_block("docs/guide.md", "openssl version"), names)
    assert done.out.startswith("OpenSSL")
    succeed(reader, f"{RENDER} | kubectl apply --server-side -f -")
    succeed(reader, TOKEN_OF_ISTIOD)
    succeed(reader, find_block("docs/guide.md", "openssl req -new"))
    # The operator's rights are those that its configuration asks for.
    succeed(reader, find_block("docs/guide.md", "roottrust vault-policy").commands.splitlines()[0])
    succeed(reader, find_block("docs/guide.md", "vault auth enable -path=kube-"))
    succeed(reader, find_block("docs/guide.md", "vault secrets enable pki"))
    succeed(reader, find_block("docs/guide.md", "vault secrets enable -path=pki_int_"))
    succeed(reader, OLD_INTERMEDIATE)
    istiod.wait_until_ready()
    for name in WORKLOADS:
        run_workload(istiod.cluster, bookinfo, name)
    for name in WORKLOADS:
        succeed(reader, f"kubectl rollout status deployment/{name} -n {bookinfo}")
    return look_into_vault(admin)


def run_workload(cluster: Cluster, namespace: str, name: str) -> None:
    """Have a Deployment whose pod has an identity of the mesh, as if istio had injected it."""
    workload = Workload(cluster=cluster, namespace=namespace, name=name, is_injected=True)
    workload.put_scripts()
    pod = workload.build_pod()
    labels, own = pod["metadata"]["labels"], {"app": name}
    template = {"metadata": {**pod["metadata"], "labels": {**labels, **own}}, "spec": pod["spec"]}
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": own}, "template": template},
    }
    workload.kubectl("apply", "-f", "-", input=json.dumps(manifest))


def test_plan_shows_what_differs_and_writes_nothing(
    reader: Reader, made: Made, vault: Vault, admin: Ask
) -> None:
    block = find_block(
        "docs/migration/hand-made.md", "roottrust plan -f deploy/samples/guide-policy.yaml"
    )
    done = expect(1, reader, block, reach_vault(vault))
    told = (
        "conflict pki_int_cluster1 ",
        f"conflict sys/policies/acl/{ROLE} ",
        "token_ttl: 0 → 300",
    )
    assert all(each in done.out for each in told), done.out
    # HashiCorp's Vault 1.13 does not tell of a reviewer's token.
    counted = r"Plan: 0 to create, 0 to update, 0 to delete; [34] conflicts\."
    assert re.search(counted, done.out), done.out
    assert look_into_vault(admin) == made


def test_nothing_is_touched_before_it_is_adopted_and_nothing_is_made_anew(
    reader: Reader, made: Made, policy: Policy, admin: Ask
) -> None:
    block = find_block(
        "docs/migration/hand-made.md", "kubectl apply -f deploy/samples/guide-policy.yaml"
    )
    described = succeed(reader, block).out
    assert re.search(r"Reason: +Conflict\n +Status: +False\n +Type: +VaultConfigured", described)
    assert re.search(rf"Field: +token_ttl\n +Path: .*/{ROLE}\n", described)
    assert look_into_vault(admin) == made

    done = succeed(
        reader, find_block("docs/migration/hand-made.md", "kubectl annotate rtp cluster1")
    )
    assert "condition met" in done.out
    assert look_into_vault(admin) == made
    # Which comes a moment later, and there may be some of a policy of this name before.
    updated = f"Updated in Vault: {INTERMEDIATES} (description, max_lease_ttl)"
    wait_for(lambda: policy.read_events("Updated"), lambda found: any(updated in e for e in found))
    origins = {each["path"]: each["origin"] for each in policy.read_status()["managedObjects"]}
    assert len(origins) == 5
    assert set(origins.values()) == {"Adopted"}
    # The same once more is nothing.
    succeed(reader, find_block("docs/guide.md", "kubectl annotate rtp cluster1"))


def test_the_warning_has_the_command_of_the_page(
    reader: Reader, made: Made, policy: Policy
) -> None:
    block = find_block("docs/migration/hand-made.md", "vault secrets tune -max-lease-ttl")
    warnings = policy.read_status()["warnings"]
    assert any(f"`{block.commands.strip()}`" in each for each in warnings), warnings
    succeed(reader, block)
    policy.nudge()
    wait_for(
        lambda: policy.read_status()["warnings"],
        lambda found: not any("max-lease-ttl" in each for each in found),
    )


def test_an_istiod_that_signed_itself_gets_its_ca_and_workloads_are_named(
    reader: Reader, made: Made, policy: Policy, istiod: Istiod, bookinfo: str
) -> None:
    assert istiod.kubectl("get", "secret", "istio-ca-secret", "-o=name")
    block = find_block(
        "docs/migration/hand-made.md",
        "helm template istiod istio/istiod -n istio-system -f istiod-values.yaml |",
    )
    done = succeed(reader, block)
    assert "successfully rolled out" in done.out
    istiod.wait_for_published_root(bookinfo, reader.read("root-cert.pem"))
    policy.wait_until_ready()

    shown = find_block("docs/restarts.md", "$ kubectl get rtp fleet")
    told = wait_for(
        lambda: reader.run(shown, replaced={"rtp fleet": "rtp cluster1"}).out,
        lambda text: text.startswith("WorkloadsStale"),
        seconds=60,
    )
    print(told)
    named = "(bookinfo/Deployment/ratings, bookinfo/Deployment/reviews)"
    page = shown.text.splitlines()[1].replace("3 workloads", "2 workloads")
    assert told == re.sub(r"\(.*?\)", named, page)


def test_workloads_are_restarted_in_order_once_that_is_asked_for(
    reader: Reader, policy: Policy, cluster: Cluster, bookinfo: str
) -> None:
    succeed(
        reader,
        find_block(
            "docs/migration/hand-made.md", "kubectl patch rtp cluster1 -n gloo-mesh --type=merge"
        ),
    )
    (name,) = wait_for(lambda: list_directives(cluster), bool, seconds=60)
    bounce = Bounce(cluster, namespace=HOME, name=name)
    status = bounce.wait_for(lambda found: found.get("state") == "FINISHED", seconds=120)
    assert status["message"] == "3 workloads are restarted."
    assert {each["name"] for each in status["workloads"]} == {"istiod", *WORKLOADS}
    for each in WORKLOADS:
        workload = Workload(cluster=cluster, namespace=bookinfo, name=f"deployment/{each}")
        check_chain(workload.read_certificate("cert-chain.pem"), reader.read("root-cert.pem"))
    wait_for(
        lambda: policy.read_status().get("warnings", []),
        lambda found: not any(each.startswith("WorkloadsStale") for each in found),
        seconds=60,
    )
    print(policy.wait_for_events("WorkloadsRenewed"))


def list_directives(cluster: Cluster) -> list[str]:
    words = ("get", "podbouncedirectives", "-n", HOME, "-o=json")
    found = json.loads(cluster.kubectl(*words).stdout)["items"]
    return [each["metadata"]["name"] for each in found]


def test_all_that_is_looked_at_says_that_it_holds(reader: Reader, policy: Policy) -> None:
    done = succeed(reader, find_block("docs/migration/hand-made.md", "roottrust status"))
    assert f"{policy.full_name}: ready, 1 of 1 mesh\n" in done.out
    assert "Verified: 1 mesh under the pinned root" in done.out
    succeed(reader, find_block("docs/guide.md", "roottrust verify cluster1"))


def test_it_can_be_compared_and_saved_for_a_move_as_from_gloo_mesh(reader: Reader) -> None:
    done = succeed(reader, find_block("docs/migration/gloo-mesh.md", "kubectl get crd roottrust"))
    assert "app.kubernetes.io/part-of=roottrust" in done.out
    block = find_block("docs/migration/gloo-mesh.md", "kubectl get configmap istio-ca-root-cert")
    published, own = succeed(reader, block).out.splitlines()
    assert published == own
    succeed(reader, find_block("docs/migration/gloo-mesh.md", "kubectl get roottrustpolicies,"))
    saved = reader.read("gloo-mesh-prod-1.yaml")
    assert all(f"kind: {kind}\n" in saved for kind in ("RootTrustPolicy", "IssuedCertificate"))


def test_what_was_left_behind_is_cleared_away(
    reader: Reader, policy: Policy, istiod: Istiod, admin: Ask
) -> None:
    assert list_ids(admin, f"{INTERMEDIATES}/keys")
    block = find_block("docs/migration/hand-made.md", "kubectl delete secret cacerts")
    expect(0, reader, block, {"TOKEN": TOKEN})
    assert list_ids(admin, f"{INTERMEDIATES}/keys") == ()
    assert read(admin, "auth/userpass/users/admin") is None
    secrets = istiod.kubectl("get", "secrets", "-o=name").split()
    assert not {f"secret/{TOKEN}", "secret/istio-ca-secret"} & set(secrets)

    block = find_block(
        "docs/migration/hand-made.md", "kubectl patch rtp cluster1 -n gloo-mesh --type=json"
    )
    succeed(reader, block)
    wait_for(istiod.read_certificate, lambda found: "csrPath" not in json.dumps(found["spec"]))
    succeed(reader, find_block("docs/migration/hand-made.md", "kubectl get issuedcertificates"))
    assert f"{INTERMEDIATES}/" not in (read(admin, "sys/mounts") or {})
    policy.wait_until_ready()
    print(json.dumps(policy.read_status(), indent=1))


def test_there_is_a_way_back(
    reader: Reader, made: Made, policy: Policy, istiod: Istiod, admin: Ask
) -> None:
    """istiod is as it was, and so is what is in Vault once the procedure's step is typed again."""
    block = find_block(
        "docs/migration/hand-made.md",
        "helm template istiod istio/istiod -n istio-system -f istiod-values.yaml >istiod.yaml",
    )
    assert "successfully rolled out" in succeed(reader, block).out
    (pod,) = istiod.find_pods()
    assert [each["name"] for each in pod["spec"]["containers"]] == ["discovery"]
    assert istiod.read_certificate() == {}
    assert find_object(policy.cluster, "roottrustpolicies", HOME, policy.name) is None
    succeed(reader, find_block("docs/guide.md", "vault secrets enable -path=pki_int_"))
    assert "pki/root/sign-intermediate" in succeed(reader, f"vault policy read {ROLE}").out
    now = look_into_vault(admin)
    assert (now.issuers, now.keys) == (made.issuers, made.keys)
    assert (now.accessors[0], now.accessors[2]) == (made.accessors[0], made.accessors[2])
