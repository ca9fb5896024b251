"""Clients for the Vault servers of the configuration."""

from __future__ import annotations

from pathlib import Path

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.settings import LoginSettings, VaultServerSettings
from roottrust.vault.client import VaultClient
from roottrust.vault.connection import VaultConnection
from roottrust.vault.login import KubernetesLogin, Login, TokenFileLogin


def build_vault_client(
    server: VaultServerSettings, *, concurrency: int, metrics: Metrics
) -> VaultClient:
    """Return a client for one server; nothing is sent yet.

    Raises DependencyMissingError when its CA cannot be read.
    """
    connection = VaultConnection(
        address=server.address,
        endpoint=server.endpoint,
        namespace=server.namespace or None,
        ca_pem=_read_ca(server.ca_file) if server.ca_file else None,
        timeout_seconds=server.timeout_seconds,
    )
    return VaultClient.connect(
        connection=connection,
        login=build_login(server.login),
        concurrency=concurrency,
        on_request=metrics.count_vault_request,
        on_login=metrics.count_vault_login,
    )


def build_login(login: LoginSettings) -> Login:
    """Return the login that the configuration describes."""
    if login.token_file is not None:
        return TokenFileLogin(login.token_file.path)
    if login.kubernetes is not None:
        kubernetes = login.kubernetes
        return KubernetesLogin(
            mount=kubernetes.mount, role=kubernetes.role, token_path=kubernetes.token_path
        )
    raise ValueError("a login without a method passed validation")


def _read_ca(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        raise DependencyMissingError(
            f"The CA of Vault cannot be read from {path} ({type(failure).__name__}).",
            reason=Reason.INVALID_CA_BUNDLE,
        ) from None
