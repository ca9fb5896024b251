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
    for cluster, found in show_published(shell).items():
        if found != in_vault:
            raise DemoError(f"The root in {cluster} is not Vault's.")
    shell.narrator.good("The ConfigMaps of both clusters are equal to Vault's root, byte for byte.")


def show_published(shell: Shell) -> dict[str, str]:
    """Show, and return as PEM, the roots that istiod gives workloads, by cluster."""
    words = ("kubectl", "get", "configmap", "istio-ca-root-cert", PLACE)
    path = r"--output=jsonpath={.data.root-cert\.pem}"
    return {each: _show(shell, *words, f"--context={each}", path) for each in MEMBERS}


def _show(shell: Shell, *words: str) -> str:
    """Say which certificates they are: nobody compares thirty lines of base64 by eye."""
    shell.narrator.command(words)
    pem = shell.run(*words, show=False).strip()
    for certificate in x509.load_pem_x509_certificates(pem.encode()):
        fingerprint = certificate.fingerprint(SHA256()).hex()
        shell.narrator.output(f"{certificate.subject.rfc4514_string()}, SHA-256 {fingerprint}")
    return pem
