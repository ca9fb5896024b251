"""What istiod does with Vault, and what Vault does not let it do."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from demo.errors import DemoError
from demo.folder import Folder
from demo.shell import Shell
from demo.single.prepare import CLUSTER, ISTIO_NAMESPACE, ISTIOD, ROOT_CERTIFICATE
from demo.vault_rights import name_auth_mount, name_role, read_policy

_PINNED = re.compile(r'"(\w+)" = \["([^"]+)"')


@dataclass(frozen=True)
class Stanza:
    """One path of a policy, with the values that it demands."""

    path: str
    demands: dict[str, str]

    def words(self, **other: str) -> list[str]:
        """Give the parameters as a command line has them."""
        return [f"{name}={value}" for name, value in {**self.demands, **other}.items()]


def login(shell: Shell, folder: Folder, *, account: str = ISTIOD, show: bool = True) -> str | None:
    """Log in to Vault as a ServiceAccount; None when Vault refuses."""
    place = f"--namespace={ISTIO_NAMESPACE}"
    jwt = shell.run("kubectl", "create", "token", account, place, "--duration=10m", show=False)
    path = folder.write(f"{account}.jwt", jwt.strip())
    login = f"auth/{name_auth_mount(CLUSTER)}/login"
    words = ("write", "-format=json", login, f"role={name_role(CLUSTER)}", f"jwt=@{path}")
    answer = shell.login("").ask("bao", *words, show=show)
    path.unlink()
    if not answer.ok:
        return None
    auth = json.loads(answer.output)["auth"]
    if show:
        rights = ", ".join(auth["policies"])
        shell.narrator.output(f"policies {rights}, for {auth['lease_duration']} s")
    return str(auth["client_token"])


def obtain_intermediate(shell: Shell, folder: Folder, *, token: str) -> None:
    """Have Vault make a key and sign an intermediate, as the agent beside istiod does."""
    generate, sign = read_stanzas(read_policy(shell, CLUSTER))
    istiod = shell.login(token)
    made = _write(istiod, generate.path, *generate.words())
    folder.write("intermediate.csr", made["csr"])
    csr = f"csr=@{folder.file('intermediate.csr')}"
    signed = _write(istiod, sign.path, csr, *sign.words())
    _show_chain(shell, folder, signed["certificate"])
    for claim, change in {
        "a longer path": {"max_path_length": "5"},
        "another name": {"common_name": "Example Root CA"},
    }.items():
        words = ("write", sign.path, csr, *sign.words(**change))
        _expect_denied(istiod, claim, *words)
    if login(shell, folder, account="default", show=False) is not None:
        raise DemoError("Vault lets the account default in, which is not istiod's.")
    shell.narrator.good("Vault refuses the login of another ServiceAccount.")


def read_stanzas(document: str) -> tuple[Stanza, Stanza]:
    """Find where Vault makes a key and where it signs, with what they demand."""
    stanzas = {}
    for text in document.split('path "')[1:]:
        path = text.partition('"')[0]
        optional = {"exclude_cn_from_sans", "format", "organization"}
        demands = {name: value for name, value in _PINNED.findall(text) if name not in optional}
        stanzas[path.rpartition("/")[2]] = Stanza(path, demands)
    return stanzas["exported"], stanzas["sign-intermediate"]


def _write(shell: Shell, path: str, *words: str) -> dict[str, Any]:
    """Write to a path of Vault and return the answer, which may hold a key: it is not shown."""
    command = ("bao", "write", path, *words)
    shell.narrator.command(command)
    output = shell.run("bao", "write", "-format=json", path, *words, show=False)
    return dict(json.loads(output)["data"])


def _show_chain(shell: Shell, folder: Folder, pem: str) -> None:
    root = x509.load_pem_x509_certificate(folder.file(ROOT_CERTIFICATE).read_bytes())
    intermediate = x509.load_pem_x509_certificate(pem.encode())
    intermediate.verify_directly_issued_by(root)
    limits = intermediate.extensions.get_extension_for_class(x509.BasicConstraints).value
    shell.narrator.output(
        f"subject      {intermediate.subject.rfc4514_string()}\n"
        f"issuer       {intermediate.issuer.rfc4514_string()}\n"
        f"path length  {limits.path_length}\n"
        f"until        {intermediate.not_valid_after_utc:%Y-%m-%d}"
    )
    shell.narrator.good("The intermediate is signed by the root that we gave to Vault.")


def _expect_denied(shell: Shell, claim: str, *words: str) -> None:
    answer = shell.ask("bao", *words, show=True)
    if answer.ok:
        raise DemoError(f"Vault signs {claim}, which its policy should not allow.")
    shell.narrator.output(_last_line(answer.output))
    shell.narrator.good(f"Vault does not sign {claim}.")


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1].strip(" *\t")
