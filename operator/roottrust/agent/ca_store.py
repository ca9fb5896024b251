"""What istiod was given: loaded from its CA folder, checked, judged for renewal, replaced."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from roottrust.agent.folder_state import FolderState
from roottrust.agent.publication import CaFolder
from roottrust.api.issued_certificate import CertOptions, IssuedCertificateSpec
from roottrust.domain.ca_check import check_files
from roottrust.domain.ca_files import CaFiles
from roottrust.domain.certificate import parse_certificate
from roottrust.domain.errors import InvalidSpecError
from roottrust.domain.finding import Findings
from roottrust.domain.instance_report import Held
from roottrust.domain.intermediate_renewal import explain_renewal, get_renewal_time
from roottrust.domain.issuance_record import (
    IssuanceRecord,
    build_record,
    parse_record,
    render_record,
)
from roottrust.domain.read_ca import find_issuers_end
from roottrust.domain.reasons import Reason
from roottrust.domain.trust_bundle import fingerprint_text

logger = logging.getLogger(__name__)


class CaStore:
    """The CA folder, and what is known of the intermediate in it; `held` is None without one."""

    def __init__(self, path: Path, *, pod: str, now: Callable[[], datetime]) -> None:
        self._folder = CaFolder(path)
        self._pod = pod
        self._now = now
        self._record: IssuanceRecord | None = None
        self._started_with: str | None = None  # nothing was ever there; empty: nobody knows
        self.held: Held | None = None

    def load(self) -> None:
        """Take over what is published, if istiod can work with it."""
        found = self._folder.inspect()
        if found.state is not FolderState.OURS:
            logger.info("%s", found.message)
            return
        self._folder.clear_leftovers()
        published = self._folder.read()
        if published is None:
            return
        record = parse_record(published.record)
        self._started_with = record.started_with if record else ""
        findings = check_files(published.files, now=self._now())
        if findings.faults:
            logger.warning("the CA folder is not taken over: %s", " ".join(findings.faults))
            return
        self._record = record
        self.held = self._build_held(published.files, findings)

    def require_folder(self) -> None:
        """Raise DependencyMissingError unless the folder is there for us to write.

        Before Vault is asked: what cannot be kept must not be obtained again and again.
        """
        self._folder.inspect().require_ours()

    def find_due(self, spec: IssuedCertificateSpec) -> str | None:
        """Return why an intermediate has to be obtained, None while the present one will do."""
        if self.held is None:
            return "there is none yet"
        self.held = self._plan_renewal(self.held, spec.cert_options)
        return explain_renewal(
            renewal=self.held.next_renewal,
            now=self._now(),
            not_after=self.held.certificate.not_after,
            issuers_end=find_issuers_end(self.held.chain, trust_bundle=self.held.trust_bundle),
            record=self._record,
            wanted=build_record(spec),
        )

    def put(self, files: CaFiles, spec: IssuedCertificateSpec) -> tuple[str, ...]:
        """Publish what istiod can work with, and return warnings; raises the product's errors.

        Raises InvalidSpecError, reason InvalidIntermediate, for what it cannot: the present one
        stays.
        """
        common_name = spec.cert_options.common_name
        findings = check_files(files, now=self._now(), common_name=common_name)
        if findings.faults:
            raise InvalidSpecError(" ".join(findings.faults), reason=Reason.INVALID_INTERMEDIATE)
        if self._started_with is None:
            self._started_with = fingerprint_text(files.trust_bundle)
        record = replace(build_record(spec), started_with=self._started_with)
        self._folder.publish(files, record=render_record(record))
        self._record = record
        held = self._build_held(files, findings)
        self.held = self._plan_renewal(held, spec.cert_options)
        return findings.warnings

    def _build_held(self, files: CaFiles, findings: Findings) -> Held:
        """Return what is held, to be renewed at its end unless a specification says earlier."""
        certificate = parse_certificate(files.certificate)
        generation = self._record.intermediate_generation if self._record else None
        return Held(
            certificate=certificate,
            issuer_fingerprint=findings.issuer or "",
            chain=files.chain,
            trust_bundle=files.trust_bundle,
            intermediate_generation=generation,
            next_renewal=certificate.not_after,
            started_with=self._started_with or None,
        )

    def _plan_renewal(self, held: Held, options: CertOptions) -> Held:
        renewal = get_renewal_time(
            not_before=held.certificate.not_before,
            not_after=held.certificate.not_after,
            issuers_end=find_issuers_end(held.chain, trust_bundle=held.trust_bundle),
            ttl_days=options.ttl_days,
            ratio=options.secret_rotation_grace_period_ratio,
            pod=self._pod,
            serial=held.certificate.serial,
        )
        return replace(held, next_renewal=renewal)
