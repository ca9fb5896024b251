"""The operator by its Helm chart beside a mesh that runs: upgraded, rolled back, uninstalled.

The tests are one story, in this order. It begins with the version before this one, in the place of
what Kustomize installed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from roottrust.domain.deletion_scope import FINALIZER
from testbed import Cluster, CommandError, Testbed, Vault
from tests import session
from tests.e2e.helm import Helm
from tests.e2e.installation import (
    AUTH,
    POLICY,
    ROLE,
    Installation,
    list_ours,
    see_kinds,
    see_work,
    trace,
)
from tests.e2e.istiod import Istiod, install_by_values
from tests.e2e.load import connect_until_enough
from tests.e2e.mesh_site import MeshSite
from tests.e2e.operator_pod import (
    IMAGE,
    NAMESPACE,
    QUICK,
    OperatorPod,
    apply_sample_policy,
    build_config,
    deploy_operator,
    forget_policy,
)
from tests.e2e.workload import Workload
from tests.helm_program import HelmProgram
from tests.integration.chart.chart import NO_HOOKS, Chart
from tests.integration.hub.rights import grant_removal
from tests.integration.vault_calls import Ask, read
from tests.previous_version import IMAGE as PREVIOUS_IMAGE
from tests.previous_version import PreviousVersion, unpack_previous_version
from tests.session import CRDS

# Half of it is longer than a starved machine was seen to take for a key and its signature.
LEAF_SECONDS = 120
TAKE_OVER = ("--take-ownership", "--force-conflicts")
TO_DELETE = {"spec.management": {"deletionPolicy": "Delete", "workloadAuth": {"method": "jwt"}}}


@pytest.fixture(scope="module")
def previous(
    request: pytest.FixtureRequest, bed: Testbed, tmp_path_factory: pytest.TempPathFactory
) -> PreviousVersion:
    """The version before this one, whose image the node has."""
    version = unpack_previous_version(tmp_path_factory.mktemp("previous"))
    with session.shown(request):
        print(f"upgrades begin with {version.commit}")
        image = bed.build_image(version.folder, PREVIOUS_IMAGE)
        bed.load_images("cluster1", [image.archive])
    return version


@pytest.fixture(scope="module")
def current(
    bed: Testbed, cluster: Cluster, vault: Vault, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """This version, which is not installed by that."""
    folder = tmp_path_factory.mktemp("helm")
    helm = HelmProgram(binary=bed.provide_helm(), folder=folder, kubeconfig=cluster.kubeconfig)
    values = {
        "config": {**QUICK, **build_config(cluster, vault)},
        "vault": {"caBundle": vault.ca_file.read_text()},
    }
    return Installation(chart=Chart(helm=helm), image=IMAGE, values=values)


@pytest.fixture(scope="module")
def older(current: Installation, previous: PreviousVersion) -> Installation:
    """The version before, in the same place."""
    chart = replace(current.chart, folder=previous.chart)
    return replace(current, chart=chart, image=PREVIOUS_IMAGE)


@pytest.fixture(scope="module")
def site(
    cluster: Cluster,
    vault: Vault,
    admin: Ask,
    operator: OperatorPod,
    older: Installation,
    previous: PreviousVersion,
    helm: Helm,
    bookinfo: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[MeshSite]:
    """A mesh that the version before serves; other tests find the operator as they know it."""
    older.chart.uninstall(NO_HOOKS)  # of a run that kept the testbed
    # What kustomize names after its content, and nobody takes over.
    operator.kubectl("delete", "configmaps", "--selector=app.kubernetes.io/name=roottrust")
    older.install(*TAKE_OVER)
    policy = apply_sample_policy(cluster, vault, {})
    cluster.kubectl("apply", "-f", previous.deploy / "istiod/rbac.yaml")
    install_by_values(helm, changes={"initContainers[0].image": PREVIOUS_IMAGE})
    policy.wait_until_ready()
    yield MeshSite(
        cluster=cluster, vault=vault, policy=policy, istiod=Istiod(cluster), namespace=bookinfo
    )
    helm.uninstall_istiod()
    older.chart.uninstall(NO_HOOKS)
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", CRDS)
    deploy_operator(cluster, vault, admin, tmp_path_factory.mktemp("overlay"))
    forget_policy(policy, admin)


@pytest.fixture(scope="module")
def workloads(site: MeshSite) -> dict[str, Workload]:
    names = ("client", "server", "late")
    return {
        name: Workload(cluster=site.cluster, namespace=site.namespace, name=name) for name in names
    }


def test_upgrade_rollback_and_upgrade_again_are_not_noticed(
    site: MeshSite,
    admin: Ask,
    older: Installation,
    current: Installation,
    previous: PreviousVersion,
    workloads: dict[str, Workload],
) -> None:
    """No connection fails, no pod is restarted, no intermediate is issued, in either direction."""
    server, folder = workloads["server"], Path("files/crds")
    server.start(["server"], certificate_seconds=LEAF_SECONDS)
    see_work(site, admin, older.image)
    see_kinds(site.cluster, previous.chart / folder)
    with connect_until_enough(
        workloads["client"], server, certificate_seconds=LEAF_SECONDS
    ) as told:
        before, began = trace(site, admin), time.monotonic()
        current.upgrade()
        see_work(site, admin, current.image)
        see_kinds(site.cluster, current.chart.folder / folder)
        assert trace(site, admin) == before

        current.chart.roll_back("--wait")
        see_work(site, admin, older.image)
        see_kinds(site.cluster, previous.chart / folder)
        # The version before with the kinds of this one, as after an upgrade that did not go on.
        site.cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", CRDS)
        see_work(site, admin, older.image)
        assert trace(site, admin) == before

        current.upgrade("--force-conflicts")
        see_work(site, admin, current.image)
        see_kinds(site.cluster, current.chart.folder / folder)
        assert trace(site, admin) == before
        seconds = time.monotonic() - began
    assert told.errors == {}
    assert told.peers == {server.identity: told.total}
    assert told.total > seconds / 4


def test_uninstalled_and_installed_again_everything_is_taken_over(
    site: MeshSite, admin: Ask, current: Installation, workloads: dict[str, Workload]
) -> None:
    """What a policy with deletionPolicy Retain has in Vault and in the cluster stays."""
    before = trace(site, admin)
    current.chart.uninstall()
    assert list_ours(site.cluster) == []
    see_kinds(site.cluster, CRDS)
    assert site.policy.read_conditions()["Ready"]["status"] == "True"
    workloads["late"].start()  # istiod goes on signing
    assert trace(site, admin).role == before.role
    workloads["late"].delete()

    current.install()
    see_work(site, admin, current.image)
    assert trace(site, admin) == before


def test_uninstalled_nothing_waits_for_an_operator(
    site: MeshSite,
    vault: Vault,
    admin: Ask,
    current: Installation,
    tmp_path: Path,
) -> None:
    """A policy with deletionPolicy Delete stays with all that it has, and is let go."""
    before = trace(site, admin)
    apply_sample_policy(site.cluster, vault, TO_DELETE)
    site.policy.wait_until_ready()
    assert site.policy.read()["metadata"]["finalizers"] == [FINALIZER]

    current.chart.uninstall()
    assert list_ours(site.cluster) == []
    assert "finalizers" not in site.policy.read()["metadata"]
    assert trace(site, admin) == before

    # The other way to install takes it in again, and then Helm in the place of that.
    deploy_operator(site.cluster, vault, admin, tmp_path)
    see_work(site, admin, current.image)
    assert site.policy.read()["metadata"]["finalizers"] == [FINALIZER]
    current.install(*TAKE_OVER)
    see_work(site, admin, current.image)
    assert trace(site, admin) == before


def test_uninstalled_right_after_its_policies_vault_is_left_clean(
    site: MeshSite, admin: Ask, current: Installation, workloads: dict[str, Workload]
) -> None:
    """The order that docs tell: policies first. Helm waits until they are gone."""
    grant_removal(admin)
    before = trace(site, admin)
    site.policy.start_deletion()
    current.chart.uninstall()
    with pytest.raises(CommandError, match="NotFound"):
        site.cluster.kubectl("get", "rtp", site.policy.name, "-n", NAMESPACE)
    assert AUTH not in (read(admin, "sys/auth") or {})
    assert read(admin, POLICY) is None
    assert read(admin, ROLE) is None
    assert "pki/" in (read(admin, "sys/mounts") or {})
    assert site.istiod.read_certificate() == {}
    workloads["late"].start()
    assert site.istiod.read_served_serial() == before.serial
    # And the namespace goes, with whatever is in it.
    site.cluster.kubectl("delete", "namespace", NAMESPACE, "--timeout=60s")
    left = site.cluster.kubectl("get", "namespaces", "-o=json").stdout
    assert NAMESPACE not in [each["metadata"]["name"] for each in json.loads(left)["items"]]
