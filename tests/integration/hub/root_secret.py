"""A Secret with a root to import, in a namespace in which the hub may read Secrets."""

from __future__ import annotations

from dataclasses import dataclass

from testbed import Cluster
from tests.integration.hub.root import Root
from tests.integration.kube_writes import apply_object


@dataclass(frozen=True, kw_only=True)
class RootSecret:
    """The Secret of one policy, by its name."""

    cluster: Cluster
    namespace: str
    name: str = "root-ca"

    def allow(self) -> None:
        """Let the hub read Secrets here by name, as deploy/ lets it in its own namespace."""
        role = ("create", "role", "roottrust-root", "--verb=get", "--resource=secrets")
        self._kubectl(*role)
        account = "--serviceaccount=gloo-mesh:roottrust-hub"
        self._kubectl("create", "rolebinding", "roottrust-root", "--role=roottrust-root", account)

    def put(self, root: Root) -> None:
        """Write the two files, whatever was there before."""
        files = {"root-cert.pem": root.certificate, "root-key.pem": root.key}
        manifest = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": self.name, "namespace": self.namespace},
            "stringData": {name: path.read_text() for name, path in files.items()},
        }
        apply_object(self.cluster, manifest)

    def delete(self) -> None:
        self._kubectl("delete", "secret", self.name)

    def _kubectl(self, *words: str) -> None:
        self.cluster.kubectl(*words, "-n", self.namespace)
