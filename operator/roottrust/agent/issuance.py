"""One issuance: from an IssuedCertificate to the files of a CA folder, not yet written."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from pydantic import SecretStr

from roottrust.agent.settings import AgentSettings
from roottrust.agent.vault_login import AgentLogin
from roottrust.agent.vault_visit import VaultVisit, build_connection, visit_vault
from roottrust.api.issued_certificate import IssuedCertificateSpec, IssuedVaultCa
from roottrust.domain.ca_chain import build_files
from roottrust.domain.ca_files import CaFiles
from roottrust.domain.ca_key import (
    UnreadableKeyError,
    build_request,
    load_key,
    make_key,
    render_key,
)
from roottrust.domain.certificate import UnreadableCertificateError
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.intermediate_request import build_key_request, build_sign_request
from roottrust.domain.reasons import Reason
from roottrust.domain.vault_path import parse_auth_path

logger = logging.getLogger(__name__)


class Issuance:
    """Visits Vault for an intermediate; `check_stop` is called between the steps, and may raise."""

    def __init__(
        self,
        settings: AgentSettings,
        *,
        now: Callable[[], datetime],
        check_stop: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._now = now
        self._check_stop = check_stop

    def obtain(self, spec: IssuedCertificateSpec) -> CaFiles:
        """Return the files; raises the product's errors. No token is left behind in Vault."""
        vault = spec.agent_ca.vault
        with visit_vault(build_connection(vault), self._build_login(vault)) as visit:
            logger.info("logged in to Vault %s", vault.server)
            self._check_stop()
            key, csr = _make_key(visit, spec)
            self._check_stop()
            request = build_sign_request(spec.cert_options, csr=csr)
            signed = visit.sign(vault.ca_path, request)
            logger.info("Vault has signed an intermediate at %s", vault.ca_path)
        try:
            return build_files(
                certificate=signed.certificate,
                key=key,
                trust_bundle=spec.trust_bundle,
                cross_certificates=spec.cross_certificates,
                offered=signed.offered,
            )
        except UnreadableCertificateError as error:
            raise _build_unreadable(vault.ca_path, str(error)) from None

    def _build_login(self, vault: IssuedVaultCa) -> AgentLogin:
        settings = self._settings
        return AgentLogin(
            mount=parse_auth_path(vault.kubernetes_auth.mount_path),
            role=vault.kubernetes_auth.role,
            account=settings.service_account or "istiod's ServiceAccount",
            token_file=settings.find_vault_token(),
            now=self._now,
        )


def _make_key(visit: VaultVisit, spec: IssuedCertificateSpec) -> tuple[SecretStr, str]:
    """Return a new key in PEM and the request to sign it; where it is made, the spec says."""
    csr_path = spec.agent_ca.vault.csr_path
    if csr_path is None:
        key = make_key(spec.cert_options.key_type)
        return render_key(key), build_request(key, common_name=spec.cert_options.common_name)
    made = visit.make_key(csr_path, build_key_request(spec.cert_options))
    try:
        return render_key(load_key(made.key)), made.csr
    except UnreadableKeyError as error:
        raise _build_unreadable(csr_path, str(error)) from None


def _build_unreadable(path: str, why: str) -> DependencyMissingError:
    return DependencyMissingError(
        f"What Vault answered at {path} cannot be used: {why}", reason=Reason.REJECTED_BY_VAULT
    )
