"""Clients for the Vault servers of the configuration."""

from __future__ import annotations

from pathlib import Path

from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.http.guard import Guard, allow_writes
from roottrust.runtime.metrics import Metrics
from roottrust.runtime.settings_login import AppRoleLoginSettings, LoginSettings
from roottrust.runtime.settings_vault import VaultServerSettings
from roottrust.vault.client import VaultClient
from roottrust.vault.connection import VaultConnection
from roottrust.vault.login import (
    AppRoleLogin,
    KubernetesLogin,
    Login,
    TokenFileLogin,
    UserpassLogin,
)


def build_vault_client(
    server: VaultServerSettings,
    *,
    concurrency: int,
    metrics: Metrics,
    guard: Guard = allow_writes,
    login: Login | None = None,
    login_guard: Guard | None = None,
    ca_pem: str | None = None,
) -> VaultClient:
    """Return a client for one server, whose writes pass the guard; nothing is sent yet.

    `login` takes the place of the one that the settings describe, `login_guard` that of the guard
    for the login's own writes, `ca_pem` that of the CA's file.

    Raises DependencyMissingError when its CA cannot be read.
    """
    connection = VaultConnection(
        address=server.address,
        endpoint=server.endpoint,
        namespace=server.namespace or None,
        ca_pem=ca_pem or (_read_ca(server.ca_file) if server.ca_file else None),
        timeout_seconds=server.timeout_seconds,
    )
    return VaultClient.connect(
        connection=connection,
        login=login or build_login(server.login),
        concurrency=concurrency,
        on_request=metrics.count_vault_request,
        on_login=metrics.count_vault_login,
        guard=guard,
        login_guard=login_guard,
    )


def build_login(settings: LoginSettings) -> Login:
    """Return the login that the configuration describes."""
    if settings.token_file is not None:
        return TokenFileLogin(settings.token_file.path)
    if settings.kubernetes is not None:
        account = settings.kubernetes
        return KubernetesLogin(
            mount=account.mount, role=account.role, token_path=account.token_path
        )
    if settings.app_role is not None:
        return _build_approle_login(settings.app_role)
    if settings.userpass is not None:
        user = settings.userpass
        return UserpassLogin(
            mount=user.mount, username=user.username, password_path=user.password_file
        )
    raise ValueError("a login without a method passed validation")


def _build_approle_login(settings: AppRoleLoginSettings) -> Login:
    role_id = settings.role_id or settings.role_id_file
    if role_id is None:
        raise ValueError("a login without a role id passed validation")
    return AppRoleLogin(
        mount=settings.mount, role_id=role_id, secret_id_path=settings.secret_id_file
    )


def _read_ca(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        raise DependencyMissingError(
            f"The CA of Vault cannot be read from {path} ({type(failure).__name__}).",
            reason=Reason.INVALID_CA_BUNDLE,
        ) from None
