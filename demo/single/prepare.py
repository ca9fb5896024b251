"""What a person does before the product can do the rest."""

from __future__ import annotations

from demo.folder import Folder
from demo.operator_access import HUB, HUB_NAMESPACE, build_vault_server
from demo.operator_process import Operator, write_configuration
from demo.root import make_root
from demo.shell import Shell
from demo.single.journal import Journal

CLUSTER = "cluster1"  # the guide's, whatever the context is called
ROOT_CERTIFICATE = "root-cert.pem"
ISTIOD = "istiod-service-account"
ISTIO_NAMESPACE = "istio-system"
HUB_LEASE = f"lease.coordination.k8s.io/{HUB}"
ISTIOD_ROLE = "roottrust-demo-istiod"


def prepare_istiod(journal: Journal) -> None:
    """Create what istiod's own installation brings."""
    journal.ensure("namespace", ISTIO_NAMESPACE)
    journal.ensure("serviceaccount", ISTIOD, namespace=ISTIO_NAMESPACE)
    # istiod's chart gives it this right, and Vault checks a login with the very token it is given.
    journal.create("clusterrole", ISTIOD_ROLE, "--verb=create", "--resource=tokenreviews")
    journal.create(
        "clusterrolebinding",
        ISTIOD_ROLE,
        f"--clusterrole={ISTIOD_ROLE}",
        f"--serviceaccount={ISTIO_NAMESPACE}:{ISTIOD}",
    )


def prepare_root(shell: Shell, folder: Folder) -> None:
    """Give Vault a root CA, as steps 2, 9 and 10 of the manual procedure do."""
    key, certificate = make_root()
    folder.write(ROOT_CERTIFICATE, certificate)
    bundle = folder.write("root-bundle.pem", key + certificate)
    shell.run("bao", "secrets", "enable", "pki")
    shell.run("bao", "write", "pki/config/ca", f"pem_bundle=@{bundle}")
    bundle.unlink()
    shell.narrator.good("Vault has the root's key; there is no copy of it.")


def install_kinds(shell: Shell, journal: Journal) -> None:
    """Teach the cluster the four kinds, and make the hub's account with its few rights."""
    journal.create("--filename=crds")
    shell.run("kubectl", "wait", "--for=condition=Established", "--filename=crds", show=False)
    journal.ensure("namespace", HUB_NAMESPACE)
    journal.create("--filename=deploy/base/rbac.yaml", namespace=HUB_NAMESPACE)


def configure(shell: Shell, folder: Folder, operator: Operator) -> None:
    """Write the operator's configuration for this stage."""
    content = {
        "cluster": {"name": CLUSTER},
        "vaultServers": [build_vault_server(shell, folder)],
        "resyncSeconds": 10,
    }
    shell.narrator.output(write_configuration(folder, operator, content))
