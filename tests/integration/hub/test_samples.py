"""The samples of deploy/ on real servers: each can be planned as it is, and carried out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr

from roottrust.cli.own_access import OwnAccess
from roottrust.cli.plan.report import PolicyReport, Result
from roottrust.cli.plan.run import Options, run_plan
from testbed import Cluster, Vault
from tests.integration.hub.conftest import HUB_NAMESPACE
from tests.integration.hub.mesh import delete_all_meshes
from tests.integration.hub.root import Root
from tests.integration.hub.root_secret import RootSecret
from tests.integration.vault_calls import Ask, write
from tests.session import REPOSITORY

SAMPLES = REPOSITORY / "deploy/samples"
POLICIES = sorted(SAMPLES.glob("*.yaml"))
ISSUER, TEAM, CA_SECRET = "istio", "team-a", "vault-ca"
# Those for which the mount that all tests use is not as it should be.
MOUNTS = {"generated-root": "pki-new", "imported-root": "pki-new", "named-issuer": "pki-named"}
# Of HashiCorp's Vault only the paid edition has namespaces.
NAMESPACED = "vault-namespace"
ROOTS = {"generated-root": {"Root"}, NAMESPACED: {"Root"}, "imported-root": {"RootImport"}}
# All that the guide's root can be used for: it has no key usage.
USAGE = {"usage": "read-only,issuing-certificates"}


@pytest.fixture(scope="module")
def config(cluster: Cluster, vault: Vault, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample configuration with Vault's namespaces, for the testbed's cluster and Vault."""
    settings = yaml.safe_load((SAMPLES / "config/vault-namespaces.yaml").read_text())
    real = {"kubernetesHost": cluster.server, "kubernetesCAFile": str(cluster.ca_file)}
    settings["cluster"] |= {**real, "labels": {"env": "prod"}}
    (server,) = settings["vaultServers"]
    server |= {"endpoint": vault.address, "caFile": str(vault.ca_file)}
    server["grants"][0]["rootMounts"] = ["pki", *sorted(set(MOUNTS.values()))]
    server["grants"][1].pop("clusters")  # this one's name begins otherwise
    path = tmp_path_factory.mktemp("samples") / "config.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path


@pytest.fixture(scope="module")
def prepared(
    cluster: Cluster, vault: Vault, admin: Ask, root: Root, hub_kubeconfig: Path
) -> Iterator[None]:
    """What the samples' comments ask for: Secrets, a named issuer, a namespace of Vault."""
    delete_all_meshes(cluster)  # those that tests before have left belong to their policies
    kubectl = cluster.kubectl
    RootSecret(cluster=cluster, namespace=HUB_NAMESPACE).put(root)
    ca = ("create", "secret", "generic", CA_SECRET, "-n", HUB_NAMESPACE)
    kubectl(*ca, f"--from-file=ca.crt={vault.ca_file}")
    mount = MOUNTS["named-issuer"]
    root.import_into(admin, mount)
    (issuer,) = admin("LIST", f"{mount}/issuers").json()["data"]["keys"]
    write(admin, f"{mount}/issuer/{issuer}", {"issuer_name": ISSUER, **USAGE})
    admin("POST", f"sys/namespaces/{TEAM}")
    yield
    admin("DELETE", f"sys/namespaces/{TEAM}")
    admin("DELETE", f"sys/mounts/{mount}")
    kubectl("delete", "secret", "root-ca", CA_SECRET, "-n", HUB_NAMESPACE)


def plan(path: Path, config: Path, cluster: Cluster, vault: Vault) -> PolicyReport:
    """Plan it as the command does, by the file alone."""
    options = Options(
        files=(str(path),),
        config_file=config,
        is_configured=True,
        operator_namespace=HUB_NAMESPACE,
        kubeconfig=cluster.kubeconfig,
    )
    own = OwnAccess(token=SecretStr(vault.root_token), origin="VAULT_TOKEN")
    planned = run_plan(options, own, tell=lambda _: None, now=lambda: datetime.now(UTC))
    report = asyncio.run(planned)
    assert report.result is Result.CHANGES, report.model_dump_json(indent=1)
    (policy,) = (each for each in report.policies if each.given)
    return policy


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_a_sample_is_planned_without_a_problem(
    path: Path,
    config: Path,
    cluster: Cluster,
    vault: Vault,
    tmp_path: Path,
) -> None:
    if path.stem == NAMESPACED and vault.kind != "openbao":
        pytest.skip("HashiCorp's Vault has namespaces in its paid edition alone.")
    manifest = tmp_path / path.name
    manifest.write_text(path.read_text().replace("pki/", f"{MOUNTS.get(path.stem, 'pki')}/"))
    planned = plan(manifest, config, cluster, vault)
    assert planned.problems == ()
    assert planned.conflicts == ()
    assert [each.name for each in planned.clusters] == ["cluster1"]
    kinds = {each.kind for each in planned.vault}
    assert {"AuthMount", "Role", "Policy"} <= kinds
    assert kinds & {"Root", "RootImport"} == ROOTS.get(path.stem, set())
