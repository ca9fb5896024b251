"""What the agent beside one istiod does as far as the hub sees it: real intermediates, reported."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from testbed import Cluster, Vault
from tests.integration.hub.certificate import Certificate
from tests.integration.hub.istiod import Account
from tests.integration.hub.pki import make_request
from tests.integration.kube_writes import apply_object
from tests.integration.vault_calls import build_ask, write

_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, kw_only=True)
class Agent:
    """The agent of one pod; it knows what the IssuedCertificate tells it, and its own token."""

    cluster: Cluster
    vault: Vault
    certificate: Certificate
    account: Account
    pod: str = "istiod-5d9c7b6f4-abcde"

    def obtain(self) -> str:
        """Log in and have an intermediate signed, exactly as the IssuedCertificate says."""
        spec = self.certificate.wait_for()["spec"]
        vault, options = spec["agentCa"]["vault"], spec["certOptions"]
        nobody = build_ask(self.vault, "")
        login = vault["kubernetesAuth"]
        path = login["mountPath"].removeprefix("/v1/") + "/login"
        answer = nobody("POST", path, {"role": login["role"], "jwt": self.account.make_token()})
        assert answer.ok, answer.text
        ask = build_ask(self.vault, answer.json()["auth"]["client_token"])
        csr = make_request().csr
        if "csrPath" in vault:
            key = {
                "common_name": options["commonName"],
                "key_type": "ec",
                "key_bits": "256",
                "format": "pem",
            }
            csr = write(ask, vault["csrPath"], key)["csr"]
        request = {
            "csr": csr,
            "common_name": options["commonName"],
            "max_path_length": "0",
            "ttl": f"{24 * options['ttlDays']}h",
            "exclude_cn_from_sans": "true",
            "format": "pem",
        }
        return str(write(ask, vault["caPath"], request)["certificate"]).strip() + "\n"

    def describe(self, pem: str, **changes: Any) -> dict[str, Any]:
        """Return what an agent reports of an intermediate that istiod serves."""
        spec = self.certificate.wait_for()["spec"]
        found = x509.load_pem_x509_certificate(pem.encode())
        root = x509.load_pem_x509_certificate(spec["trustBundle"].encode())
        entry = {
            "serial": f"{found.serial_number:x}",
            "fingerprint": found.fingerprint(hashes.SHA256()).hex(),
            "issuerFingerprint": root.fingerprint(hashes.SHA256()).hex(),
            "chain": pem,
            "trustBundleFingerprint": hashlib.sha256(spec["trustBundle"].encode()).hexdigest(),
            "intermediateGeneration": spec["intermediateGeneration"],
            "notBefore": found.not_valid_before_utc.strftime(_TIME),
            "notAfter": found.not_valid_after_utc.strftime(_TIME),
            "loadedByIstiod": True,
            **changes,
        }
        return {name: value for name, value in entry.items() if value is not None}

    def report(self, entry: dict[str, Any]) -> None:
        """Write the entry as an agent does: server-side, with a field manager of its own."""
        manifest = {
            "apiVersion": "internal.gloo.solo.io/v2",
            "kind": "IssuedCertificate",
            "metadata": {"namespace": self.certificate.namespace, "name": self.certificate.name},
            "status": {"instances": [{"pod": self.pod, **entry}]},
        }
        manager = f"roottrust-agent-{self.pod}"
        apply_object(self.cluster, manifest, manager=manager, part="status")

    def serve(self, **changes: Any) -> str:
        """Obtain an intermediate and report that istiod serves it; return it."""
        pem = self.obtain()
        self.report(self.describe(pem, **changes))
        return pem
