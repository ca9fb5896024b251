"""The stage for people who have a cluster: that one, and an OpenBao on this machine."""

from __future__ import annotations

import secrets
import shutil
import ssl
import subprocess
from pathlib import Path

from demo import process
from demo.errors import DemoError
from demo.folder import Folder
from demo.stage import Stage
from demo.waiting import wait_until
from testbed import http, parts
from testbed.cache import Cache, default_folder
from testbed.free_port import find_free_port
from testbed.parts import Workshop
from testbed.progress import Progress


def set_up(folder: Folder, context: str) -> Stage:
    """Start OpenBao, in memory, and take one context out of the person's kubeconfig."""
    workshop = Workshop(Cache(default_folder()), Progress())
    kubectl = Path(shutil.which("kubectl") or workshop.binary(parts.KUBECTL))
    kubeconfig = folder.write("admin.kubeconfig", _extract(kubectl, context))
    bao = Path(shutil.which("bao") or workshop.binary(parts.OPENBAO))
    token = f"root-{secrets.token_hex(16)}"
    address = f"https://127.0.0.1:{find_free_port()}"
    _start(folder, bao, address, token)
    stage = Stage(
        kubectl=kubectl,
        kubeconfig=kubeconfig,
        bao=bao,
        vault_address=address,
        vault_ca=folder.file("vault-ca.pem"),
        root_token=token,
    )
    wait_until(lambda: _is_open(folder, stage), "OpenBao does not answer")
    return stage


def _extract(kubectl: Path, context: str) -> str:
    """Give one context with its credentials inside: the demo must never reach another cluster."""
    words = ["config", "view", "--raw", "--minify", "--flatten", f"--context={context}"]
    done = subprocess.run([kubectl, *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DemoError(f"The context {context} cannot be used: {done.stderr.strip()}")
    return done.stdout


def _start(folder: Folder, bao: Path, address: str, token: str) -> None:
    words = [
        "server",
        "-dev",
        "-dev-no-store-token",
        "-dev-tls",
        f"-dev-tls-cert-dir={folder.path}",
        f"-dev-listen-address={address.removeprefix('https://')}",
    ]
    # Arguments can be read by everybody on the machine; the environment cannot.
    environment = {"BAO_DEV_ROOT_TOKEN_ID": token}
    process.start(folder, "openbao", [str(bao), *words], environment=environment)


def _is_open(folder: Folder, stage: Stage) -> bool:
    process.check(folder, "openbao")
    if not stage.vault_ca.exists():
        return False
    context = ssl.create_default_context(cafile=str(stage.vault_ca))
    return http.is_good(f"{stage.vault_address}/v1/sys/health", context=context)
