"""Kubeconfigs with everything inside, so that one file is all a client needs."""

import base64
from collections.abc import Sequence
from pathlib import Path

import yaml


def write(path: Path, *, cluster: str, server: str, user: str, pki: Path) -> None:
    """Write a kubeconfig whose context is named after the cluster; `user` names the key pair."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": cluster,
        "clusters": [
            {
                "name": cluster,
                "cluster": {
                    "server": server,
                    "certificate-authority-data": _data(pki / "ca.crt"),
                },
            }
        ],
        "users": [
            {
                "name": f"{cluster}-{user}",
                "user": {
                    "client-certificate-data": _data(pki / f"{user}.crt"),
                    "client-key-data": _data(pki / f"{user}.key"),
                },
            }
        ],
        "contexts": [
            {"name": cluster, "context": {"cluster": cluster, "user": f"{cluster}-{user}"}}
        ],
    }
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(content, sort_keys=False))


def with_token(kubeconfig: str, token: str) -> str:
    """Give the same kubeconfig of one context for another user: the one whose token it is."""
    content = yaml.safe_load(kubeconfig)
    (context,) = content["contexts"]
    context["context"]["user"] = "token"
    content["users"] = [{"name": "token", "user": {"token": token}}]
    return str(yaml.safe_dump(content, sort_keys=False))


def merge(kubeconfigs: Sequence[str]) -> str:
    """Give one kubeconfig with the contexts of all; the current one is that of the first."""
    contents = [yaml.safe_load(each) for each in kubeconfigs]
    lists = ("clusters", "users", "contexts")
    merged = {**contents[0], **{key: [x for each in contents for x in each[key]] for key in lists}}
    return str(yaml.safe_dump(merged, sort_keys=False))


def _data(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
