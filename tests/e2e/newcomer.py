"""Somebody who has a cluster, a Vault, a registry and a checkout, and nothing of ours yet."""

from __future__ import annotations

import shutil
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from testbed import Cluster, Istio, Testbed, Vault
from tests.e2e.operator_pod import IMAGE
from tests.integration.reader import Reader, prepare_reader
from tests.session import CRDS, REPOSITORY

PUBLISHED_IMAGE = f"registry.example/roottrust:{version('roottrust')}"
_CHECKED_OUT = ("charts", "crds", "deploy")
# Under the load of other tests a rollout takes its time.
_SECONDS = 300
_KINDS = "rtp,issuedcertificates,meshes,podbouncedirectives"
_WHAT_IS_LEFT = f"""
set +e
kubectl delete {_KINDS} --all -A --timeout=20s
helm uninstall roottrust -n gloo-mesh --no-hooks --ignore-not-found
for each in $(kubectl get rtp -n gloo-mesh -o name); do
  kubectl patch $each -n gloo-mesh --type=merge -p '{{"metadata":{{"finalizers":null}}}}'
done
kubectl delete -f crds/ --ignore-not-found
test ! -f kinds.json || kubectl delete -f kinds.json --ignore-not-found
kubectl delete namespace gloo-mesh istio-system mesh --ignore-not-found
kubectl delete configmaps -A --field-selector=metadata.name=istio-ca-root-cert
kubectl delete clusterroles,clusterrolebindings -l app.kubernetes.io/name=roottrust
kubectl delete clusterroles,clusterrolebindings -l app.kubernetes.io/part-of=istio
kubectl delete validatingwebhookconfigurations,mutatingwebhookconfigurations -l app=istiod
exit 0
"""


def become_newcomer(
    bed: Testbed, cluster: Cluster, vault: Vault, istio: Istio, folder: Path
) -> Reader:
    """Return one whose registry has the image, under the name that pages have."""
    cluster.node.ctr("images", "tag", "--force", IMAGE, PUBLISHED_IMAGE)
    for name in _CHECKED_OUT:
        shutil.copytree(REPOSITORY / name, folder / name)
    shutil.copy(vault.ca_file, folder / "ca.crt")
    reader = prepare_reader(
        folder, tools=bed.tools(), vault=vault, kubeconfig=cluster.kubeconfig, configuration=None
    )
    (folder / "bin/helm").symlink_to(istio.helm)
    return replace(reader, seconds=_SECONDS)


def begin_with_nothing(reader: Reader) -> None:
    """Take away what tests and stories before have left in the cluster."""
    reader.type(_WHAT_IS_LEFT)


def bring_kinds_back(cluster: Cluster) -> None:
    """Have the kinds that other tests of the session go by."""
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", CRDS)
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", CRDS)
