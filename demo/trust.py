"""One root everywhere: compared by hand, as the manual procedure has it, and by `verify`."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from demo.folder import Folder
from demo.prepare import ROOT_CERTIFICATE
from demo.shell import Shell
from demo.waiting import wait_until

WORKLOADS = "bookinfo"

_READ_VAULT = ("bao", "read", "-field=certificate", "pki/cert/ca")
_READ_PUBLISHED = (
    "kubectl",
    "get",
    "configmap",
    "istio-ca-root-cert",
    f"--namespace={WORKLOADS}",
    "--ignore-not-found",
    r"--output=jsonpath={.data.root-cert\.pem}",
)


def compare_roots(shell: Shell) -> None:
    """Make a namespace of workloads; wait until the root that istiod gives it is Vault's."""
    shell.run("kubectl", "create", "namespace", WORKLOADS)
    shell.narrator.say("Each root, told by subject and fingerprint in place of its base64:")
    in_vault = _read(shell, _READ_VAULT)
    shell.narrator.command(_READ_PUBLISHED)
    took = wait_until(
        lambda: shell.run(*_READ_PUBLISHED, show=False).strip() == in_vault,
        f"The root in the namespace {WORKLOADS} is not Vault's",
    )
    shell.narrator.output(_tell(in_vault))
    shell.narrator.good(
        f"The namespace {WORKLOADS} has the root that is in Vault, {took:.1f} s after it was made."
    )


def verify(shell: Shell, folder: Folder) -> None:
    """Have all of the mesh compared with the root that we made; raises if anything differs."""
    shell.run("kubectl", "apply", "--filename=deploy/verify/rbac.yaml")
    shell.run("roottrust", "verify", f"--root={folder.file(ROOT_CERTIFICATE)}")


def _read(shell: Shell, words: tuple[str, ...]) -> str:
    shell.narrator.command(words)
    pem = shell.run(*words, show=False).strip()
    shell.narrator.output(_tell(pem))
    return pem


def _tell(pem: str) -> str:
    """Say which certificate it is: nobody compares thirty lines of base64 by eye."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    fingerprint = certificate.fingerprint(SHA256()).hex()
    return f"{certificate.subject.rfc4514_string()}, SHA-256 {fingerprint}"
