"""One root everywhere, and an intermediate for each cluster: compared by hand."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from demo.errors import DemoError
from demo.fleet.stage import MEMBERS
from demo.fleet.workloads import PLACE
from demo.shell import Shell


def compare_roots(shell: Shell) -> None:
    """See that the root that istiod gives workloads is Vault's, byte for byte, in both clusters."""
    in_vault = _show(shell, "bao", "read", "-field=certificate", "pki/cert/ca")
    path = r"--output=jsonpath={.data.root-cert\.pem}"
    for cluster in MEMBERS:
        place = (PLACE, f"--context={cluster}")
        found = _show(shell, "kubectl", "get", "configmap", "istio-ca-root-cert", *place, path)
        if found != in_vault:
            raise DemoError(f"The root in {cluster} is not Vault's.")
    shell.narrator.good("The ConfigMaps of both clusters are equal to Vault's root, byte for byte.")


def _show(shell: Shell, *words: str) -> str:
    """Say which certificate it is: nobody compares thirty lines of base64 by eye."""
    shell.narrator.command(words)
    pem = shell.run(*words, show=False).strip()
    certificate = x509.load_pem_x509_certificate(pem.encode())
    fingerprint = certificate.fingerprint(SHA256()).hex()
    shell.narrator.output(f"{certificate.subject.rfc4514_string()}, SHA-256 {fingerprint}")
    return pem
