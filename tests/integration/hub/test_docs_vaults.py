"""The pages of docs/how-to/ on Vaults, typed by somebody who has one cluster and begins anew."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed import Cluster, Testbed, Vault
from tests.doc_blocks import find_block
from tests.integration.contexts import write_contexts
from tests.integration.hub.installation import (
    FOR_PEOPLE,
    Install,
    configure,
    installing,
    set_up_login,
)
from tests.integration.hub.istiod import Account
from tests.integration.hub.mesh import delete_all_meshes
from tests.integration.hub.operator_process import BuildOperator, OperatorProcess
from tests.integration.hub.policy import Policy
from tests.integration.hub.rights import NAME, build_rights
from tests.integration.hub.root import make_root
from tests.integration.kube_writes import create_namespace, delete_object, delete_objects
from tests.integration.reader import Reader, prepare_reader
from tests.integration.vault_calls import Ask, build_ask, in_namespace, read, write

HOME = "gloo-mesh"
EAST = "https://vault-east.example:8200"
SEVERAL = "several"
HCP = "https://example-public-vault-0000.hashicorp.cloud:8200"


@pytest.fixture
def reader(
    bed: Testbed, cluster: Cluster, vault: Vault, admin: Ask, tmp_path: Path
) -> Iterator[Reader]:
    """Somebody whose cluster has no mesh and no policy of others."""
    if vault.kind != "openbao":
        pytest.skip("this Vault has no namespaces")
    delete_all_meshes(cluster)
    yield prepare_reader(
        tmp_path,
        tools=bed.tools(),
        vault=vault,
        kubeconfig=write_contexts(tmp_path / "kubeconfig", [cluster]),
        configuration=tmp_path / FOR_PEOPLE,
    )
    delete_objects(cluster, "roottrustpolicies", HOME)


@pytest.fixture
def install(
    idle_hub: OperatorProcess, build_operator: BuildOperator, vault: Vault, reader: Reader
) -> Iterator[Install]:
    """Run an operator with a page's configuration, and no other one meanwhile."""
    with installing(build_operator, vault, reader) as install:
        yield install


@pytest.fixture
def fleeting(admin: Ask) -> Iterator[None]:
    """The namespaces of Vault that a page has people make are gone afterwards."""
    yield
    for name in ("ops", "team-a", "team-b", "admin", SEVERAL):
        admin("DELETE", f"sys/namespaces/{name}")


def live_in(reader: Reader, namespace: str) -> Reader:
    """Return the same with a shell whose VAULT_NAMESPACE is that."""
    there = {"VAULT_NAMESPACE": namespace, "BAO_NAMESPACE": namespace}
    return replace(reader, environment={**reader.environment, **there})


@pytest.mark.usefixtures("fleeting")
def test_a_namespace_for_everything_a_root_from_a_secret_and_jwt_instead_of_kubernetes(
    reader: Reader, install: Install, cluster: Cluster, vault: Vault, istiod: Account
) -> None:
    config = find_block("docs/how-to/vault-namespaces.md", "# config.yaml")
    reader.write("config.yaml", config.text)
    done = reader.run(find_block("docs/how-to/vault-namespaces.md", "vault namespace create ops"))
    assert (done.code, "vault auth enable -path=approle approle" in done.out) == (0, True), done
    set_up_login(reader)
    install(config.text)
    reader = live_in(reader, "ops")
    _import_a_root(reader, cluster)
    _import_it_by_oneself(reader)
    _go_from_kubernetes_to_jwt(reader, install, cluster, vault, istiod)


def _import_a_root(reader: Reader, cluster: Cluster) -> None:
    """docs/how-to/root-import.md: made, given by a Secret, which is deleted."""
    done = reader.run(find_block("docs/how-to/root-import.md", "openssl req -new"))
    assert (done.code, "CA:TRUE" in done.out) == (0, True), done
    done = reader.run(
        find_block("docs/how-to/root-import.md", "kubectl create secret generic root-ca")
    )
    assert done.code == 0, done.err
    reader.write("policy.yaml", find_block("docs/how-to/root-import.md", "# policy.yaml").text)
    done = reader.run(find_block("docs/how-to/root-import.md", "kubectl apply -f policy.yaml"))
    assert (done.code, 'secret "root-ca" deleted' in done.out) == (0, True), done
    given = reader.type("vault read -field=certificate pki/issuer/roottrust-g1").out
    assert given.strip() == reader.read("root-cert.pem").strip()
    policy = Policy(cluster=cluster, namespace=HOME, name="fleet")
    assert policy.read_status()["root"]["subject"] == "CN=Example root CA,O=Example Inc"
    policy.delete()
    for words in ("secrets disable pki", "auth disable kube-cluster1-mesh-auth"):
        assert reader.type(f"vault {words}").code == 0
    assert reader.type("vault policy delete gen-int-ca-istio-cluster1-mesh").code == 0


def _import_it_by_oneself(reader: Reader) -> None:
    """The same page: the mount is the reader's."""
    done = reader.run(find_block("docs/how-to/root-import.md", "vault secrets enable pki"))
    assert done.code == 0, done.err
    told = json.loads(reader.type("vault read -format=json sys/mounts/pki").out)["data"]
    assert (told["config"]["max_lease_ttl"], told["description"]) == (87600 * 3600, "")


def _go_from_kubernetes_to_jwt(
    reader: Reader, install: Install, cluster: Cluster, vault: Vault, istiod: Account
) -> None:
    """docs/how-to/jwt-auth.md: another mount, beside the old one until istiods use it."""
    jwt = find_block("docs/how-to/jwt-auth.md", "apiVersion: admin.gloo.solo.io/v2").text
    before: dict[str, Any] = yaml.safe_load(jwt)
    before["spec"]["management"] = {"workloadAuth": {"method": "kubernetes"}}
    _apply(reader, yaml.safe_dump(before), "every-cluster")
    granted = yaml.safe_load(find_block("docs/how-to/jwt-auth.md", "cluster:").text)
    granted["vaultServers"][0]["namespace"] = "ops"
    reader.write("config.yaml", yaml.safe_dump(granted))
    done = reader.run(
        find_block("docs/how-to/jwt-auth.md", "roottrust vault-policy --config config.yaml")
    )
    assert done.code == 0, done.err
    install(reader.read("config.yaml"))
    _apply(reader, jwt.replace("/v1/auth/kube-", "/v1/auth/jwt-"), "every-cluster")
    done = reader.type("vault auth disable kube-cluster1-mesh-auth")
    assert done.code == 0, done
    nobody = in_namespace(build_ask(vault, ""), "ops")
    token = istiod.make_token(audience="vault-cluster1")
    body = {"role": "gen-int-ca-istio-cluster1-mesh", "jwt": token}
    answer = nobody("POST", "auth/jwt-cluster1-mesh-auth/login", body)
    assert answer.ok, answer.text


def _apply(reader: Reader, policy: str, name: str, *, namespace: str = HOME) -> None:
    """Apply a policy, and wait for it."""
    reader.write("policy.yaml", policy)
    wait = f"kubectl wait --for=condition=Ready rtp/{name} -n {namespace} --timeout=1m"
    done = reader.type(f"kubectl apply -f policy.yaml\n{wait}")
    assert done.code == 0, done


@pytest.fixture
def at_top(admin: Ask) -> Iterator[None]:
    """What a page has people write at the top of Vault is gone afterwards, or as others have it."""
    yield
    write(admin, f"sys/policies/acl/{NAME}", {"policy": build_rights()})
    admin("DELETE", "sys/auth/approle")


@pytest.mark.usefixtures("fleeting", "at_top")
def test_a_namespace_for_each_team(
    reader: Reader, install: Install, cluster: Cluster, admin: Ask
) -> None:
    config = find_block("docs/how-to/vault-namespaces.md", "# config.yaml, for both teams").text
    reader.write("config.yaml", config)
    made = find_block("docs/how-to/vault-namespaces.md", "vault namespace create team-a")
    assert reader.run(made).code == 0
    done = reader.run(
        find_block("docs/how-to/vault-namespaces.md", "roottrust vault-policy --config config.yaml")
    )
    assert done.code == 0, done.err
    set_up_login(reader)
    install(config)
    with ExitStack() as stack:
        create_namespace(cluster, "team-a")
        stack.callback(delete_object, cluster, "namespaces", "", "team-a")
        stack.callback(delete_objects, cluster, "roottrustpolicies", "team-a")
        block = find_block("docs/how-to/vault-namespaces.md", "apiVersion: admin.gloo.solo.io/v2")
        _apply(reader, block.text, "mesh", namespace="team-a")
        policy = Policy(cluster=cluster, namespace="team-a", name="mesh")
        status = policy.read_status()
        assert status["root"]["subject"] == "CN=Team A root CA"
        assert read(in_namespace(admin, "team-a"), "sys/mounts/pki") is not None
        assert read(in_namespace(admin, "team-b"), "sys/mounts/pki") is None
        policy.delete()


@pytest.mark.usefixtures("fleeting")
def test_openbao_by_its_own_command_and_a_vault_of_which_one_has_the_namespace_admin_alone(
    reader: Reader, install: Install, cluster: Cluster, vault: Vault, admin: Ask
) -> None:
    """OpenBao's namespace stands for that of HCP, which nobody can run here."""
    write(admin, "sys/namespaces/admin", {})
    config = find_block("docs/how-to/hcp-vault-and-openbao.md", "# config.yaml").text
    reader.write("config.yaml", config)
    policy = find_block("docs/how-to/hcp-vault-and-openbao.md", "# policy.yaml").text
    reader.write("policy.yaml", policy)
    (reader.folder / "bin/bao").symlink_to(vault.binary)
    shutil.copy(vault.ca_file, reader.folder / "ca.crt")
    reader = live_in(reader, "admin")
    configure(reader, config, vault)
    block = find_block(
        "docs/how-to/hcp-vault-and-openbao.md",
        "export BAO_ADDR=https://bao.example:8200 BAO_CACERT=ca.crt",
    )
    done = reader.run(block, replaced={"https://bao.example:8200": vault.address})
    assert (done.code, "+ create" in done.out) == (2, True), done
    rights = reader.type("bao policy read roottrust-hub").out
    assert rights == reader.type("roottrust vault-policy --config config.yaml").out

    done = reader.run(
        find_block("docs/how-to/hcp-vault-and-openbao.md", "export VAULT_ADDR=https://example-"),
        replaced={HCP: vault.address},
    )
    assert done.code == 0, done.err
    install(config)
    _apply(reader, policy, "fleet")
    assert read(in_namespace(admin, "admin"), "sys/mounts/pki") is not None
    Policy(cluster=cluster, namespace=HOME, name="fleet").delete()


@pytest.mark.usefixtures("fleeting")
def test_two_vaults_have_one_root(
    reader: Reader, install: Install, cluster: Cluster, vault: Vault, west: Vault
) -> None:
    """Each has its administrator, who logs in there."""
    east, config = vault, yaml.safe_load(find_block("docs/how-to/several-vaults.md", "# c").text)
    config["cluster"] = {"name": "east-1", "labels": {"region": "east"}}
    for server, each in zip(config["vaultServers"], (east, west), strict=True):
        server |= {"address": each.address, "endpoint": each.address, "namespace": SEVERAL}
    reader.write("config.yaml", yaml.safe_dump(config))
    make_root(reader.folder)
    for each in (east, west):
        write(build_ask(each, each.root_token), f"sys/namespaces/{SEVERAL}", {})
        administrator = _become_administrator(reader, each)
        block = find_block("docs/how-to/several-vaults.md", "export VAULT_ADDR=https://vault-")
        done = administrator.run(block, replaced={EAST: each.address}, answer=each.root_token)
        assert done.code == 0, done.err
        assert "auth/approle/role/roottrust-hub/secret-id" in done.out
        set_up_login(administrator, f"--server {each.address}")
        done = administrator.run(find_block("docs/how-to/root-import.md", "vault secrets enable p"))
        assert done.code == 0, done.err
    login = "role_id=@west-role-id secret_id=@west-secret-id"
    done = _become_administrator(reader, west).type(f"vault write auth/approle/login {login}")
    assert (done.code, "roottrust-hub" in done.out) == (0, True), done

    install(yaml.safe_dump(config))
    text = find_block("docs/how-to/several-vaults.md", "apiVersion: admin.gloo.solo.io/v2").text
    _apply(reader, text.replace(EAST, east.address), "east")
    Policy(cluster=cluster, namespace=HOME, name="east").delete()


@pytest.fixture
def west(file_vault: Vault) -> Iterator[Vault]:
    """The second Vault."""
    yield file_vault
    build_ask(file_vault, file_vault.root_token)("DELETE", f"sys/namespaces/{SEVERAL}")


def _become_administrator(reader: Reader, vault: Vault) -> Reader:
    """Return the same with the login of one Vault alone."""
    home = reader.folder / vault.host.exploded
    home.mkdir(exist_ok=True)
    environment = {
        **{name: each for name, each in reader.environment.items() if name != "VAULT_TOKEN"},
        "HOME": str(home),
        "VAULT_ADDR": vault.address,
        "VAULT_CACERT": str(vault.ca_file),
        "VAULT_NAMESPACE": SEVERAL,
    }
    return replace(reader, environment=environment)
