"""The login of a configuration, as its set-up in Vault needs to know it."""

from __future__ import annotations

from roottrust.domain.hub_rights.document import OWN_NAME
from roottrust.domain.hub_rights.login import HubLogin, LoginMethod
from roottrust.runtime.settings_login import LoginSettings


def describe_login(login: LoginSettings, *, operator_namespace: str) -> HubLogin:
    """Return which method the operator logs in by, and as whom."""
    if login.kubernetes:
        return HubLogin(
            method=LoginMethod.KUBERNETES,
            mount=login.kubernetes.mount,
            name=login.kubernetes.role,
            operator_namespace=operator_namespace,
        )
    if login.app_role:
        return HubLogin(
            method=LoginMethod.APP_ROLE,
            mount=login.app_role.mount,
            name=OWN_NAME,
            file=str(login.app_role.secret_id_file),
            role_id_file=str(login.app_role.role_id_file or ""),
        )
    if login.userpass:
        return HubLogin(
            method=LoginMethod.USERPASS,
            mount=login.userpass.mount,
            name=login.userpass.username,
            file=str(login.userpass.password_file),
        )
    path = login.token_file.path if login.token_file else ""
    return HubLogin(method=LoginMethod.TOKEN_FILE, file=str(path))
