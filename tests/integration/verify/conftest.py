"""A mesh with a real istiod outside a pod, and the command with the rights that deploy/ ships."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from testbed import Cluster, Vault
from tests import session
from tests.integration.agent.istiod import Istiod
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import Ask, build_ask
from tests.integration.verify.authority import Bundle, Issued, VaultAuthority, make_authority
from tests.integration.verify.site import OPERATOR_NAMESPACE, MeshSite
from tests.integration.verify.verifier import Verifier, grant_rights, write_kubeconfig

MakeAuthority = Callable[[str], VaultAuthority]
# An address of its own, so that istiod has the ports there that it has in a pod.
ADDRESS = f"127.{session.RANGE}.12.1"
PORTS = {"http": 8080, "grpc": 15010, "secureGRPC": 15012, "https": 15017, "monitoring": 15014}


@pytest.fixture(scope="module")
def vault_admin(vault: Vault) -> Ask:
    return build_ask(vault, vault.root_token)


@pytest.fixture(scope="module")
def mesh_namespace(cluster: Cluster) -> Iterator[str]:
    """istiod's namespace."""
    name = f"istio-{uuid.uuid4().hex[:8]}"
    cluster.kubectl("create", "namespace", name)
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="module")
def make_root(vault_admin: Ask) -> MakeAuthority:
    """Make roots in Vault, each in a mount of its own."""

    def make(name: str) -> VaultAuthority:
        return make_authority(vault_admin, f"pki_{uuid.uuid4().hex[:8]}", name=name)

    return make


@dataclass
class Mesh:
    """A mesh, its root in Vault, and its istiod, which is started anew with each other CA."""

    site: MeshSite
    authority: VaultAuthority
    issued: Issued
    program: Path
    folder: Path
    log: Path
    _istiod: Istiod | None = None
    _bundle: Bundle | None = None

    def start(self, bundle: Bundle) -> None:
        """Have istiod run with a CA, and wait until it is ready."""
        self.stop()
        folder = self.folder / uuid.uuid4().hex[:8]
        folder.mkdir()
        bundle.write(folder / "cacerts")
        self._istiod = Istiod(
            binary=self.program,
            cluster=self.site.cluster,
            namespace=self.site.namespace,
            ca_folder=folder / "cacerts",
            log=self.log,
            host=self.site.address,
            ports=PORTS,
        )
        self._istiod.start()
        self._istiod.wait_until_ready()
        self._bundle = bundle

    def wait_for_root(self, root: str) -> None:
        """Wait until istiod has published a root everywhere."""
        wait_for(self.site.read_published, lambda found: set(found.values()) == {root})

    def stop(self) -> None:
        if self._istiod is not None:
            self._istiod.stop()
            self._istiod = None

    def restore(self) -> None:
        """Have everything as it should be."""
        self.site.create(self.authority)
        self.site.report(self.issued)
        bundle = self.issued.bundle
        if self._istiod is None or self._bundle != bundle:
            self.start(bundle)
            self.wait_for_root(self.authority.pem)


@pytest.fixture(scope="module")
def whole_mesh(
    cluster: Cluster,
    vault: Vault,
    pilot_discovery: Path,
    mesh_namespace: str,
    make_root: MakeAuthority,
    log_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Mesh]:
    """The mesh of all tests; whoever changes something asks for `mesh`, which mends it first."""
    wait_for(
        lambda: cluster.kubectl("get", "serviceaccounts", "-n", mesh_namespace).stdout,
        lambda text: "default" in text,
    )
    cluster.kubectl("apply", "-f", session.REPOSITORY / "deploy/base/namespace.yaml")
    authority = make_root("Root A")
    site = MeshSite(cluster=cluster, vault=vault, namespace=mesh_namespace, address=ADDRESS)
    mesh = Mesh(
        site=site,
        authority=authority,
        issued=authority.issue(),
        program=pilot_discovery,
        folder=tmp_path_factory.mktemp("istiod"),
        log=log_folder / "istiod.log",
    )
    yield mesh
    mesh.stop()
    cluster.kubectl("delete", "mesh", site.mesh, "-n", OPERATOR_NAMESPACE, "--ignore-not-found")
    selector = "--field-selector=metadata.name=istio-ca-root-cert"
    for namespace in site.read_published():
        cluster.kubectl("delete", "configmaps", "-n", namespace, selector)


@pytest.fixture
def mesh(whole_mesh: Mesh) -> Mesh:
    """The mesh, as it should be."""
    whole_mesh.restore()
    return whole_mesh


@pytest.fixture(scope="module")
def verify(
    cluster: Cluster,
    whole_mesh: Mesh,
    mesh_namespace: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Verifier:
    """The command as somebody with the rights of deploy/verify/ calls it."""
    grant_rights(cluster, istiod_namespace=mesh_namespace, account_namespace=mesh_namespace)
    path = write_kubeconfig(
        tmp_path_factory.mktemp("verify") / "kubeconfig",
        cluster,
        namespace=mesh_namespace,
        account="auditor",
    )
    return Verifier(
        kubeconfig=path,
        words=("-n", mesh_namespace, "--via", "pod-ip", "--exclude-namespace", "test-*"),
    )
