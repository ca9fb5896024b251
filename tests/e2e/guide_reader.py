"""Somebody who has followed the manual procedure, or does: their folder, contexts and variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import yaml

from testbed import Cluster, Istio, Testbed, Vault
from tests.doc_blocks import Block
from tests.e2e.helm import VALUES
from tests.e2e.newcomer import become_newcomer
from tests.e2e.operator_pod import IMAGE, get_server
from tests.integration.command_result import CommandResult
from tests.integration.reader import Reader

SERVER = "https://vault.example:8200"
# The procedure warns of underscores in names of contexts.
OLD_CONTEXT, CONTEXT, HUB_CONTEXT = "prod_1", "prod-1", "mgmt"
PATCH = Path(__file__).parent / "manifests/vault-patch.yaml"
# Where that patch needs more than the procedure has: deploy/istiod/README.md.
_KUSTOMIZATION = """\
resources:
- base.yaml
patches:
- path: vault-patch.yaml
  target:
    kind: Deployment
    labelSelector: app=istiod
"""


def become_guide_reader(
    bed: Testbed, cluster: Cluster, vault: Vault, istio: Istio, folder: Path
) -> Reader:
    """Return one who has Helm 3, as the procedure, istiod's chart, and our `deploy/`."""
    reader = become_newcomer(bed, cluster, vault, istio, folder)
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(_name_contexts(cluster, OLD_CONTEXT, HUB_CONTEXT))
    kubeconfig.chmod(0o600)
    (folder / "bin/helm").unlink()
    (folder / "bin/helm").symlink_to(istio.helm_3)
    (folder / "istio").mkdir()
    (folder / "istio/istiod").symlink_to(istio.istiod_chart)
    name_vault(reader, vault)
    reader.write("policy.yaml", reader.read("deploy/samples/guide-policy.yaml"))
    for name in ("istiod-values.yaml", "istiod-kubernetes-values.yaml"):
        reader.write(name, yaml.safe_dump(VALUES))
    reader.write("vault-patch.yaml", PATCH.read_text().replace("image: IMAGE", f"image: {IMAGE}"))
    reader.write("kustomization.yaml", _KUSTOMIZATION)
    environment = {
        **reader.environment,
        "KUBECONFIG": str(kubeconfig),
        "MGMT_CONTEXT": HUB_CONTEXT,
        "REMOTE_CONTEXT": CONTEXT,
        "REMOTE_CLUSTER": cluster.name,
        "REVISION": "default",
        "ISTIO_IMAGE": "1.0.0",  # Helm takes no chart from a folder by its version
    }
    return replace(reader, environment=environment)


def name_vault(reader: Reader, vault: Vault) -> None:
    """Put the Vault's address into the samples: HashiCorp's has another port than theirs."""
    for path in (reader.folder / "deploy/samples").glob("*.yaml"):
        path.write_text(path.read_text().replace(SERVER, get_server(vault)))


def reach_vault(vault: Vault, command: str = "roottrust plan") -> dict[str, str]:
    """Return what to replace where Vault has another address for the reader than for pods."""
    return {command: f"{command} --vault-endpoint {vault.address}"}


def succeed(reader: Reader, block: Block | str) -> CommandResult:
    """Type a block as it is, which has to end well."""
    return expect(0, reader, block, {})


def expect(
    code: int, reader: Reader, block: Block | str, replaced: Mapping[str, str]
) -> CommandResult:
    """Type a block with the reader's own names in it, which has to end with that code."""
    commands = block if isinstance(block, str) else block.commands
    done = reader.type(commands, replaced=replaced)
    assert done.code == code, f"{block} ended with {done.code}:\n{done.out}\n{done.err}"
    return done


def _name_contexts(cluster: Cluster, *names: str) -> str:
    """Return its kubeconfig with contexts by these names alone; the last one is the current one."""
    content = yaml.safe_load(cluster.kubeconfig.read_text())
    (context,) = content["contexts"]
    content["contexts"] = [{**context, "name": name} for name in names]
    content["current-context"] = names[-1]
    return str(yaml.safe_dump(content))
