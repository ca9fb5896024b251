"""One istiod's place in the cluster: namespace, account, IssuedCertificate, tokens on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from testbed import Cluster
from tests.integration.agent.vault_site import CLUSTER, TTL_DAYS, VaultSite
from tests.integration.hub.istiod import Account
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_api import list_objects, read_object
from tests.integration.kube_writes import apply_object

DEPLOYMENT = "istiod"
POD = "istiod-6d4cf7b5f9-x7k2p"
KIND = "issuedcertificates"

RIGHTS = Path(__file__).parents[3] / "deploy/istiod"


@dataclass(frozen=True)
class MeshSite:
    """Where one agent works."""

    cluster: Cluster
    account: Account
    folder: Path
    pod: str = POD

    @property
    def namespace(self) -> str:
        return self.account.namespace

    @property
    def name(self) -> str:
        """The name of the IssuedCertificate, which is the Mesh's."""
        return f"{DEPLOYMENT}-{self.namespace}-{CLUSTER}"

    @property
    def ca_folder(self) -> Path:
        return self.folder / "cacerts"

    @property
    def vault_token(self) -> Path:
        return self.folder / "vault-token"

    def prepare(self, *, audience: str | None) -> None:
        """Make what a pod has: rights, the API server's token and CA, the token for Vault."""
        self.ca_folder.mkdir(exist_ok=True)
        self.grant()
        (self.folder / "token").write_text(self.account.make_token())
        (self.folder / "ca.crt").write_text(self.cluster.ca_file.read_text())
        self.vault_token.write_text(self.account.make_token(audience=audience or ""))

    def grant(self) -> None:
        """Give the account what the istiod component and, for Secrets, istio's chart give it."""
        text = (RIGHTS / "rbac.yaml").read_text().replace("namespace: istio-system", "")
        role, binding = yaml.safe_load_all(text)
        role["rules"].append({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]})
        binding["subjects"][0].update(name=self.account.name, namespace=self.namespace)
        for manifest in (role, binding):
            manifest["metadata"]["namespace"] = self.namespace
            self.apply(manifest)

    def build_environment(self) -> dict[str, str]:
        """Return what the patch, the kubelet and the tests set."""
        host, _, port = self.cluster.server.removeprefix("https://").partition(":")
        return {
            "PILOT_CERT_PROVIDER": "istiod",
            "POD_NAME": self.pod,
            "POD_NAMESPACE": self.namespace,
            "SERVICE_ACCOUNT": self.account.name,
            "KUBERNETES_SERVICE_HOST": host,
            "KUBERNETES_SERVICE_PORT": port,
            "ROOTTRUST_SERVICE_ACCOUNT_DIR": str(self.folder),
            "ROOTTRUST_CA_DIR": str(self.ca_folder),
            "ROOTTRUST_VAULT_TOKEN_PATH": str(self.vault_token),
        }

    def build_spec(self, site: VaultSite, *, csr: bool = False, **changes: Any) -> dict[str, Any]:
        """Return the spec as the hub writes it."""
        options = {"commonName": site.common_name, "ttlDays": TTL_DAYS, "keyType": "ecdsa-p256"}
        return {
            "meshRef": {
                "name": self.name,
                "cluster": CLUSTER,
                "namespace": self.namespace,
                "deployment": DEPLOYMENT,
            },
            "hosts": [f"{DEPLOYMENT}.{self.namespace}.svc"],
            "certOptions": {**options, **changes.pop("options", {})},
            "agentCa": site.build_agent_ca(csr=csr),
            "trustBundle": site.root_pem,
            "intermediateGeneration": 1,
            **changes,
        }

    def issue(self, spec: Mapping[str, Any]) -> None:
        """Write the IssuedCertificate, as the hub does."""
        metadata = {"name": self.name, "namespace": self.namespace}
        self.apply(
            {
                "apiVersion": "internal.gloo.solo.io/v2",
                "kind": "IssuedCertificate",
                "metadata": metadata,
                "spec": dict(spec),
            }
        )

    def apply(self, manifest: Mapping[str, Any]) -> None:
        apply_object(self.cluster, manifest, manager="test")

    def read_entry(self) -> dict[str, Any]:
        """Return this pod's entry in status, an empty one without it."""
        found = read_object(self.cluster, KIND, self.namespace, self.name)
        status = found.get("status") or {}
        entries = [each for each in status.get("instances", []) if each["pod"] == self.pod]
        return entries[0] if entries else {}

    def wait_for_entry(self, **fields: Any) -> dict[str, Any]:
        """Wait until the entry has these values; None stands for no value."""
        return wait_for(
            self.read_entry,
            lambda entry: (
                bool(entry) and all(entry.get(key) == value for key, value in fields.items())
            ),
        )

    def wait_for_error(self, text: str) -> dict[str, Any]:
        """Wait until the entry tells an error with this text."""
        return wait_for(self.read_entry, lambda entry: text in entry.get("error", ""))

    def list_events(self) -> list[dict[str, Any]]:
        items = list_objects(self.cluster, "events", self.namespace)
        return [each for each in items if each["source"].get("component") == "roottrust-agent"]

    def wait_for_event(self, reason: str) -> dict[str, Any]:
        """Wait until an Event with this reason was posted."""

        def find() -> dict[str, Any] | None:
            return next((each for each in self.list_events() if each["reason"] == reason), None)

        event = wait_for(find, lambda seen: seen is not None)
        assert event is not None
        return event

    def publish_root(self, pem: str) -> None:
        """Publish a root, as an istiod does."""
        metadata = {"name": "istio-ca-root-cert", "namespace": self.namespace}
        data = {"root-cert.pem": pem}
        self.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})
