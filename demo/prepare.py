"""What a person does before the product can do the rest."""

from __future__ import annotations

import yaml

from demo.folder import Folder
from demo.journal import Journal
from demo.root import make_root
from demo.shell import Shell
from testbed.kubeconfig import with_token

ROOT_CERTIFICATE = "root-cert.pem"
ISTIOD = "istiod-service-account"
ISTIO_NAMESPACE = "istio-system"
HUB_NAMESPACE = "gloo-mesh"
HUB = "roottrust-hub"
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


def allow_cluster_role(journal: Journal) -> None:
    """Let the operator find istiods, too, and tell of each on a Mesh."""
    journal.create("--filename=deploy/base/cluster-rbac.yaml", namespace=HUB_NAMESPACE)


def make_vault_login(shell: Shell, folder: Folder) -> None:
    """Give the hub a token that may do what its policy lists, and nothing more."""
    shell.run("bao", "policy", "write", HUB, "deploy/vault/roottrust-hub.hcl")
    words = ("token", "create", f"-policy={HUB}", "-no-default-policy", "-orphan", "-field=token")
    shell.narrator.command(("bao", *words))
    folder.write("hub-token", shell.run("bao", *words, show=False).strip())
    shell.narrator.output("(kept in a file that only its owner reads)")


def make_cluster_login(shell: Shell, folder: Folder) -> None:
    """Make a kubeconfig with the hub's own account instead of the administrator's."""
    words = ("create", "token", HUB, f"--namespace={HUB_NAMESPACE}", "--duration=8h")
    shell.narrator.command(("kubectl", *words))
    token = shell.run("kubectl", *words, show=False).strip()
    shell.narrator.output("(kept in a file that only its owner reads)")
    admin = shell.stage.kubeconfig.read_text()
    folder.write("hub.kubeconfig", with_token(admin, token))


def write_configuration(shell: Shell, folder: Folder, *, port: int) -> None:
    """Write the operator's configuration for this stage."""
    stage = shell.stage
    server = {
        # The policy says where agents find Vault; here it is somewhere else.
        "address": "https://vault.example:8200",
        "endpoint": stage.vault_address,
        "caFile": str(stage.vault_ca),
        "login": {"tokenFile": {"path": str(folder.file("hub-token"))}},
    }
    configuration = {
        "cluster": {"name": "cluster1"},
        "vaultServers": [server],
        "resyncSeconds": 10,
        "http": {"host": "127.0.0.1", "port": port},
        "logging": {"format": "text"},
    }
    folder.write("config.yaml", yaml.safe_dump(configuration, sort_keys=False))
    shell.narrator.output(folder.file("config.yaml").read_text())
