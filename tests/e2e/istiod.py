"""istiod with the agent beside it, installed in the ways that people have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from testbed import Cluster
from tests.e2e.helm import NAMESPACE, Helm
from tests.e2e.memory import PYTHON
from tests.e2e.operator_pod import IMAGE
from tests.integration.hub.waiting import wait_for
from tests.session import REPOSITORY

AGENT, FOLDER = "istiod-agent", "/etc/istiod-ca"  # as the values have them
COMPONENT = REPOSITORY / "deploy/istiod"

_READ_SERVED = """
import socket, ssl
from cryptography import x509
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
with socket.create_connection(("localhost", 15012), timeout=5) as raw:
    with context.wrap_socket(raw, server_hostname="istiod.istio-system.svc") as served:
        chain = served.get_unverified_chain()
print(format(x509.load_der_x509_certificate(chain[1]).serial_number, "x"))
"""
_CHECK_FOLDER = f"""
import pathlib
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
folder = pathlib.Path("{FOLDER}")
certificate = x509.load_pem_x509_certificate((folder / "ca-cert.pem").read_bytes())
key = load_pem_private_key((folder / "ca-key.pem").read_bytes(), None)
chain = x509.load_pem_x509_certificates((folder / "cert-chain.pem").read_bytes())
root = x509.load_pem_x509_certificates((folder / "root-cert.pem").read_bytes())
print(key.public_key() == certificate.public_key() and chain[0] == certificate and bool(root))
"""


@dataclass(frozen=True)
class Istiod:
    """The istiod of a cluster, and what it publishes."""

    cluster: Cluster
    name: str = "istiod"

    def kubectl(self, *words: str, seconds: float = 120) -> str:
        return self.cluster.kubectl("-n", NAMESPACE, *words, seconds=seconds).stdout

    def wait_until_ready(self) -> None:
        self.kubectl("rollout", "status", f"deployment/{self.name}", "--timeout=90s")

    def ask_for_restart(self) -> None:
        self.kubectl("rollout", "restart", f"deployment/{self.name}")

    def restart(self) -> None:
        self.ask_for_restart()
        self.wait_until_ready()

    def is_rolled_out(self) -> bool:
        """Tell whether all of its pods are those that are wanted last."""
        told = self.kubectl("rollout", "status", f"deployment/{self.name}", "--watch=false")
        return "successfully rolled out" in told

    def find_pods(self) -> list[dict[str, Any]]:
        """Return its pods that are not on their way out."""
        found = json.loads(self.kubectl("get", "pods", "-l=app=istiod", "-o=json"))["items"]
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def get_pod(self) -> str:
        (pod,) = self.find_pods()
        name: str = pod["metadata"]["name"]
        return name

    def read_log(self, container: str) -> str:
        return self.kubectl("logs", self.get_pod(), f"--container={container}", "--tail=-1")

    def read_certificate(self) -> dict[str, Any]:
        """Return the IssuedCertificate of its mesh; empty while there is none."""
        name = f"{self.name}-{NAMESPACE}-{self.cluster.name}"
        words = ("get", "issuedcertificates", name, "-o=json", "--ignore-not-found")
        found: dict[str, Any] = json.loads(self.kubectl(*words) or "{}")
        return found

    def read_instances(self) -> list[dict[str, Any]]:
        """Return what its agents have reported."""
        found: list[dict[str, Any]] = self.read_certificate().get("status", {}).get("instances", [])
        return found

    def read_instance(self) -> dict[str, Any]:
        """Return what the agent of its pod has reported; empty before."""
        pod = self.get_pod()
        return next((each for each in self.read_instances() if each["pod"] == pod), {})

    def ask_agent(self, container: str, program: str) -> str:
        """Run a line of Python in the agent's container, and return what it printed."""
        words = ("exec", self.get_pod(), "-c", container, "--", PYTHON, "-c", program)
        return self.kubectl(*words)

    def read_key(self, container: str, folder: str) -> bytes:
        """Return the secret number of the CA's key, which no API keeps."""
        pem = self.ask_agent(container, f"print(open('{folder}/ca-key.pem').read())")
        key = load_pem_private_key(pem.encode(), password=None)
        assert isinstance(key, EllipticCurvePrivateKey)
        return key.private_numbers().private_value.to_bytes(32, "big")

    def read_wanted_generation(self) -> int:
        """Return the generation of intermediates that its agents are to have."""
        generation: int = self.read_certificate()["spec"]["intermediateGeneration"]
        return generation

    def ask_for_generation(self, generation: int) -> None:
        """Ask its agents for it as the operator would."""
        patch = json.dumps({"spec": {"intermediateGeneration": generation}})
        name = self.read_certificate()["metadata"]["name"]
        self.kubectl("patch", "issuedcertificate", name, "--type=merge", f"--patch={patch}")

    def wait_for_generation(self, generation: int, *, seconds: float = 30) -> None:
        """Wait until it serves an intermediate of that generation."""

        def is_served(instance: dict[str, Any]) -> bool:
            found = instance.get("intermediateGeneration"), instance.get("loadedByIstiod")
            return found == (generation, True)

        wait_for(self.read_instance, is_served, seconds=seconds)

    def read_served_serial(self) -> str:
        """Ask istiod's own port for the intermediate that it serves."""
        return self.ask_agent(AGENT, _READ_SERVED).strip()

    def is_folder_complete(self) -> bool:
        """Tell whether all four files are there, and key and certificate belong together."""
        return self.ask_agent(AGENT, _CHECK_FOLDER).strip() == "True"

    def find_container(self, name: str) -> str:
        """Return the id of a container that runs in its pod."""
        return str(self._find_status(name)["containerID"]).removeprefix("containerd://")

    def count_restarts(self, name: str) -> int:
        """Return how often a container of its pod was started again."""
        return int(self._find_status(name)["restartCount"])

    def _find_status(self, container: str) -> dict[str, Any]:
        (pod,) = self.find_pods()
        status = pod["status"]
        both = status["containerStatuses"] + status.get("initContainerStatuses", [])
        (found,) = (each for each in both if each["name"] == container)
        return dict(found)

    def read_published_root(self, namespace: str) -> str:
        """Return the root that workloads of a namespace are given; empty while there is none."""
        path = r"-o=jsonpath={.data.root-cert\.pem}"
        words = ("get", "configmap", "istio-ca-root-cert", "-n", namespace, "--ignore-not-found")
        return self.cluster.kubectl(*words, path).stdout

    def wait_for_published_root(self, namespace: str, expected: str) -> None:
        wait_for(lambda: self.read_published_root(namespace), expected.__eq__)


def install_by_values(
    helm: Helm,
    *,
    cluster: str = "cluster1",
    changes: Mapping[str, str] | None = None,
    wait: bool = True,
) -> None:
    """Install istiod with the values of deploy/istiod, and wait until it is ready."""
    values = {
        "initContainers[0].image": IMAGE,
        "volumes[1].projected.sources[0].serviceAccountToken.audience": f"vault-{cluster}",
    }
    words = [word for key, value in values.items() for word in ("--set", f"{key}={value}")]
    for key, value in (changes or {}).items():
        words += ["--set-string", f"{key}={value}"]
    helm.install_istiod("--values", COMPONENT / "istiod-values.yaml", *words, wait=wait)


def forget_roots(cluster: Cluster) -> None:
    """Remove the roots that an istiod has left behind, from which no agent would depart."""
    everywhere = ("--all-namespaces", "--field-selector=metadata.name=istio-ca-root-cert")
    cluster.kubectl("delete", "configmaps", *everywhere)
    cluster.kubectl("delete", "secret", "istio-ca-secret", "-n", NAMESPACE, "--ignore-not-found")
