"""Kubeconfigs by which clusters are registered: a server, its CA and a token, all of it inline.

Whatever else a kubeconfig can say would have the hub run programs, read its own files, or send a
token where nobody has proven who listens. See docs/adr/0025-clusters-by-secrets-with-tokens.md.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from pydantic import SecretStr

from roottrust.domain.certificate import UnreadableCertificateError, parse_certificates
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.reasons import Reason

_JOIN = "run `roottrust cluster join`, which makes one"
_SERVER = re.compile(r"https://[^\s/?#@]+(/[^\s?#]*)?")
_TOKEN = re.compile(r"[\x21-\x7e]+")

_OF_USER = {
    "exec": (Reason.CREDENTIALS_NOT_INLINE, "would have the hub run a program"),
    "auth-provider": (Reason.CREDENTIALS_NOT_INLINE, "would have the hub run a program"),
    "tokenFile": (Reason.CREDENTIALS_NOT_INLINE, "names a file"),
    "client-certificate": (Reason.CREDENTIALS_NOT_INLINE, "names a file"),
    "client-key": (Reason.CREDENTIALS_NOT_INLINE, "names a file"),
    "client-certificate-data": (Reason.CREDENTIALS_NOT_SUPPORTED, "cannot be renewed or revoked"),
    "client-key-data": (Reason.CREDENTIALS_NOT_SUPPORTED, "cannot be renewed or revoked"),
    "username": (Reason.CREDENTIALS_NOT_SUPPORTED, "is no longer served by Kubernetes"),
    "password": (Reason.CREDENTIALS_NOT_SUPPORTED, "is no longer served by Kubernetes"),
    "as": (Reason.CREDENTIALS_NOT_SUPPORTED, "would act as somebody else"),
    "as-uid": (Reason.CREDENTIALS_NOT_SUPPORTED, "would act as somebody else"),
    "as-groups": (Reason.CREDENTIALS_NOT_SUPPORTED, "would act as somebody else"),
    "as-user-extra": (Reason.CREDENTIALS_NOT_SUPPORTED, "would act as somebody else"),
}
_OF_CLUSTER = {
    "insecure-skip-tls-verify": (
        Reason.INSECURE_CONNECTION,
        "would send the token to whoever answers",
        "give certificate-authority-data instead",
    ),
    "certificate-authority": (
        Reason.CREDENTIALS_NOT_INLINE,
        "names a file",
        "give certificate-authority-data instead",
    ),
    "proxy-url": (
        Reason.CREDENTIALS_NOT_SUPPORTED,
        "would send the hub's requests elsewhere",
        "name a server that the hub reaches directly",
    ),
}


@dataclass(frozen=True, kw_only=True)
class ClusterAccess:
    """How the API server of a registered cluster is reached."""

    server: str
    ca_pem: str = field(repr=False)
    token: SecretStr
    tls_server_name: str | None = None

    def is_same_place(self, other: ClusterAccess) -> bool:
        """Whether only the token differs, if anything does."""
        mine = (self.server, self.ca_pem, self.tls_server_name)
        return mine == (other.server, other.ca_pem, other.tls_server_name)


def parse_kubeconfig(text: str) -> ClusterAccess:
    """Return what the current context of a kubeconfig says; raises InvalidSpecError.

    Messages quote names of fields, never what these hold.
    """
    document = _load(text)
    context = _find(document, "contexts", "context", document.get("current-context"))
    cluster = _find(document, "clusters", "cluster", context.get("cluster"))
    user = _find(document, "users", "user", context.get("user"))
    _check_cluster(cluster)
    _check_user(user)
    return ClusterAccess(
        server=_read_server(cluster),
        ca_pem=_read_ca(cluster),
        token=_read_token(user),
        tls_server_name=_read_text(cluster, "tls-server-name"),
    )


def build_kubeconfig(name: str, access: ClusterAccess) -> str:
    """Return the kubeconfig that `parse_kubeconfig` reads this access from."""
    ca_data = base64.b64encode(access.ca_pem.encode()).decode()
    cluster = {"server": access.server, "certificate-authority-data": ca_data}
    if access.tls_server_name:
        cluster["tls-server-name"] = access.tls_server_name
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
        "users": [{"name": name, "user": {"token": access.token.get_secret_value()}}],
    }
    return yaml.safe_dump(document, sort_keys=False)


def _load(text: str) -> Mapping[str, Any]:
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise _build_invalid("it is no YAML document of the kind Config")
    return document


def _find(document: Mapping[str, Any], section: str, kind: str, name: object) -> Mapping[str, Any]:
    """Return the entry of that name, or the only one where none is named."""
    entries = document.get(section)
    known = [each for each in entries if isinstance(each, dict)] if type(entries) is list else []
    if name is None and len(known) == 1:
        fitting = known
    else:
        fitting = [each for each in known if each.get("name") == name]
    content = fitting[0].get(kind) if fitting else None
    if not isinstance(content, dict):
        raise _build_invalid(f"its current context leads to no entry of {section}")
    return content


def _check_cluster(cluster: Mapping[str, Any]) -> None:
    for name, (reason, what, remedy) in _OF_CLUSTER.items():
        if cluster.get(name):
            raise InvalidSpecError(
                f"The field {name} of its kubeconfig {what}: {remedy}.", reason=reason
            )


def _check_user(user: Mapping[str, Any]) -> None:
    for name, (reason, what) in _OF_USER.items():
        if user.get(name):
            raise InvalidSpecError(
                f"The field {name} of its kubeconfig {what}: give a token instead, or {_JOIN}.",
                reason=reason,
            )


def _read_server(cluster: Mapping[str, Any]) -> str:
    server = str(cluster.get("server") or "").rstrip("/")
    if server.startswith("http://"):
        raise InvalidSpecError(
            "The server of its kubeconfig is plain HTTP, which would show the token to the "
            "network: name it by https://.",
            reason=Reason.INSECURE_CONNECTION,
        )
    if not _SERVER.fullmatch(server):
        raise _build_invalid("its server is no https:// address")
    return server


def _read_ca(cluster: Mapping[str, Any]) -> str:
    data = cluster.get("certificate-authority-data")
    if not data:
        raise _build_invalid(
            "it has no certificate-authority-data, by which the hub and Vault know the server"
        )
    try:
        pem = base64.b64decode(str(data), validate=True).decode("ascii")
        parse_certificates(pem)
    except (binascii.Error, UnicodeDecodeError, UnreadableCertificateError):
        raise _build_invalid("its certificate-authority-data is no PEM in base64") from None
    return pem


def _read_token(user: Mapping[str, Any]) -> SecretStr:
    token = user.get("token")
    if not isinstance(token, str) or not token:
        raise _build_invalid("its user has no token")
    if not _TOKEN.fullmatch(token):
        raise _build_invalid("its user's token has characters that no token has")
    return SecretStr(token)


def _read_text(section: Mapping[str, Any], name: str) -> str | None:
    value = section.get(name)
    return value if isinstance(value, str) and value else None


def _build_invalid(why: str) -> InvalidSpecError:
    return InvalidSpecError(
        f"Its kubeconfig cannot be used, because {why}: correct it, or {_JOIN}.",
        reason=Reason.INVALID_KUBECONFIG,
    )
