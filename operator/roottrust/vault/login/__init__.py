"""How the operator gets a token of its own from Vault: one class a method."""

from roottrust.vault.login.approle import AppRoleLogin
from roottrust.vault.login.given_token import GivenTokenLogin
from roottrust.vault.login.kubernetes import KubernetesLogin
from roottrust.vault.login.method import Login, VaultCall
from roottrust.vault.login.token_file import TokenFileLogin
from roottrust.vault.login.userpass import UserpassLogin
from roottrust.vault.login.vault_token import VaultToken, build_login_token

__all__ = [
    "AppRoleLogin",
    "GivenTokenLogin",
    "KubernetesLogin",
    "Login",
    "TokenFileLogin",
    "UserpassLogin",
    "VaultCall",
    "VaultToken",
    "build_login_token",
]
