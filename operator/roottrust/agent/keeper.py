"""Keeping one istiod's CA: every turn looks at how it is, and does what is missing.

The last good CA stays on any failure, and nothing is permanent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from roottrust.agent.ca_store import CaStore
from roottrust.agent.certificate_spec import read_spec
from roottrust.agent.certificate_subject import describe_certificate
from roottrust.agent.certificate_watch import CertificateWatch
from roottrust.agent.foreign_secrets import ForeignSecrets
from roottrust.agent.issuance import Issuance
from roottrust.agent.loading import Loading
from roottrust.agent.metrics import AgentMetrics
from roottrust.agent.process import Bell, StoppedError
from roottrust.agent.reporter import Reporter
from roottrust.agent.rest import Retry
from roottrust.agent.root_gate import RootGate
from roottrust.api.issued_certificate import IssuedCertificateSpec
from roottrust.domain.ca_files import CaFiles
from roottrust.domain.errors import DependencyMissingError, RootTrustError, TransientError
from roottrust.domain.instance_report import build_instance
from roottrust.domain.moment import show_time
from roottrust.domain.reasons import Reason
from roottrust.runtime.log_context import bind_context

logger = logging.getLogger(__name__)

# So often everything is looked at, whatever the clocks say.
LONGEST_REST_SECONDS = 300.0
UNREPORTED_SECONDS = 5.0
SHORTEST_REST_SECONDS = 0.05

_BUG = "The agent failed in a way that no class fits: report it with the trace in its log."


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a keeper works with; `loading` is None before istiod can have started."""

    watch: CertificateWatch
    issuance: Issuance
    store: CaStore
    gate: RootGate
    secrets: ForeignSecrets
    loading: Loading | None
    reporter: Reporter
    metrics: AgentMetrics


class Keeper:
    """The work of one agent, in one thread: one issuance at a time."""

    def __init__(
        self,
        parts: Parts,
        *,
        pod: str,
        namespace: str,
        retry: Retry,
        bell: Bell,
        now: Callable[[], datetime],
    ) -> None:
        self._parts = parts
        self._pod = pod
        self._namespace = namespace
        self._retry = retry
        self._bell = bell
        self._now = now
        self._tried: tuple[str, int] | None = None
        self._error: str | None = None
        self.busy_since: datetime | None = None

    def run(self) -> None:
        """Keep it, until the stop (StoppedError)."""
        while True:
            self._bell.wait(self._turn())

    def run_until_held(self) -> None:
        """Obtain it if there is none that is good, and no more; StoppedError tells of a stop."""
        while self._parts.store.held is None:
            rest = self._turn()
            if self._parts.store.held is None:
                self._bell.wait(rest)

    def _turn(self) -> float:
        """Do what is missing, tell how it stands, and return the seconds until the next look."""
        self.busy_since = self._now()
        certificate = self._find_certificate()
        try:
            with bind_context(**describe_certificate(certificate)):
                self._attempt(certificate)
                self._look_at_istiod(certificate)
                is_told = self._report(certificate)
        finally:
            self.busy_since = None
        return self._get_rest(is_told=is_told)

    def _find_certificate(self) -> Mapping[str, Any] | None:
        sight = self._parts.watch.sight
        return sight.certificate if sight else None

    def _attempt(self, certificate: Mapping[str, Any] | None) -> None:
        """Issue if that is due; what fails is told, and tried again."""
        try:
            self._issue_if_due(certificate)
        except StoppedError:
            raise
        except RootTrustError as error:
            self._fail(certificate, error)
        except Exception as failure:
            logger.exception("an issuance failed in a way that no class fits")
            self._parts.metrics.count_bug()
            self._retry.fail(failure)
            self._tell_failure(certificate, reason=Reason.INTERNAL_ERROR, message=_BUG)

    def _issue_if_due(self, certificate: Mapping[str, Any] | None) -> None:
        if certificate is None:
            self._explain_absence()
            return
        self._forget_failures_of_another(certificate)
        if self._retry.seconds_left > 0:
            return
        spec = read_spec(certificate)
        why = self._parts.store.find_due(spec)
        if why is None:
            if self._error is not None:
                self._error = None
                self._parts.reporter.forget()
            return
        self._issue(certificate, spec, why)

    def _explain_absence(self) -> None:
        """Raise why there is no IssuedCertificate; nothing yet if it was not looked for."""
        sight = self._parts.watch.sight
        if sight is None:
            return
        if sight.error is not None:
            raise sight.error
        raise DependencyMissingError(
            f"There is no IssuedCertificate for the Deployment of {self._pod} in "
            f"{self._namespace}: see that a RootTrustPolicy selects this istiod, and what its "
            "conditions say.",
            reason=Reason.WAITING_FOR_ISSUED_CERTIFICATE,
        )

    def _forget_failures_of_another(self, certificate: Mapping[str, Any]) -> None:
        """Let what was edited be tried at once."""
        metadata = certificate["metadata"]
        seen = (metadata["uid"], metadata["generation"])
        if seen != self._tried:
            self._tried = seen
            self._retry.reset()

    def _issue(self, certificate: Mapping[str, Any], spec: IssuedCertificateSpec, why: str) -> None:
        store, metrics = self._parts.store, self._parts.metrics
        is_renewal = store.held is not None
        if self._retry.has_failed:  # its Event is posted once, and the log has to end with it
            logger.warning("an intermediate is asked for again: %s. Before: %s", why, self._error)
        else:
            logger.info("an intermediate is obtained: %s", why)
        try:
            store.require_folder()
            self._parts.gate.check(certificate, pinned=spec.trust_bundle, held=store.held)
            warnings = store.put(self._obtain(spec), spec)
        except RootTrustError as error:
            if is_renewal:
                metrics.count_renewal(result=error.reason)
            raise
        self._retry.reset()
        self._error = None
        metrics.count_issuance()
        if is_renewal:
            metrics.count_renewal(result="ok")
        self._tell_success(certificate, why, warnings)

    def _obtain(self, spec: IssuedCertificateSpec) -> CaFiles:
        metrics = self._parts.metrics
        try:
            files = self._parts.issuance.obtain(spec)
        except RootTrustError as error:
            metrics.show_vault(is_reachable=not isinstance(error, TransientError))
            raise
        metrics.show_vault(is_reachable=True)
        self._bell.check()
        return files

    def _fail(self, certificate: Mapping[str, Any] | None, error: RootTrustError) -> None:
        self._retry.fail(error)
        self._tell_failure(certificate, reason=error.reason, message=error.message)

    def _tell_failure(
        self, certificate: Mapping[str, Any] | None, *, reason: str, message: str
    ) -> None:
        """Tell what failed, and until when the last good CA lasts."""
        held = self._parts.store.held
        if held is not None:
            ends = held.certificate.not_after
            message += f" istiod keeps the CA that it has, which lasts until {show_time(ends)}."
        self._error = message
        self._parts.metrics.show_error(self._now())
        self._parts.reporter.tell(certificate, type_="Warning", reason=reason, message=message)

    def _tell_success(
        self, certificate: Mapping[str, Any], why: str, warnings: tuple[str, ...]
    ) -> None:
        reporter = self._parts.reporter
        held = self._parts.store.held
        if held is None:
            return
        reporter.tell(
            certificate,
            type_="Normal",
            reason=Reason.ISSUED,
            message=f"{self._pod} has published intermediate {held.certificate.serial}, since "
            f"{why}; it lasts until {show_time(held.certificate.not_after)} and is renewed on "
            f"{show_time(held.next_renewal)}.",
        )
        for warning in warnings:
            reporter.tell(
                certificate,
                type_="Warning",
                reason=Reason.ISSUED,
                message=warning,
                is_transition=False,
            )

    def _look_at_istiod(self, certificate: Mapping[str, Any] | None) -> None:
        loading, held, metrics = self._parts.loading, self._parts.store.held, self._parts.metrics
        if held is None:
            return
        metrics.show_intermediate(
            not_after=held.certificate.not_after, next_renewal=held.next_renewal
        )
        if loading is None:
            return
        before = loading.is_loaded
        loading.look(held)
        metrics.show_loaded(is_loaded=loading.is_loaded is True)
        if loading.is_loaded and not before:
            logger.info("istiod serves intermediate %s", held.certificate.serial)
        if loading.problem is not None:
            metrics.show_error(self._now())
            self._parts.reporter.tell(
                certificate,
                type_="Warning",
                reason=Reason.NOT_LOADED_BY_ISTIOD,
                message=loading.problem,
            )

    def _report(self, certificate: Mapping[str, Any] | None) -> bool:
        """Write the pod's entry; False if it must be tried again."""
        loading = self._parts.loading
        entry = build_instance(
            self._pod,
            held=self._parts.store.held,
            is_loaded=loading.is_loaded if loading else None,
            error=self._error
            or (loading.problem if loading else None)
            or self._look_for_secrets(certificate),
        )
        return self._parts.reporter.report(certificate, entry)

    def _look_for_secrets(self, certificate: Mapping[str, Any] | None) -> str | None:
        try:
            return self._parts.secrets.look(certificate)
        except RootTrustError as error:
            logger.info(
                "Secrets were not looked for: %s", error.message, extra={"reason": error.reason}
            )
            return None

    def _get_rest(self, *, is_told: bool) -> float:
        """Return the seconds until something is due; a change is heard of at once anyhow."""
        rests = [LONGEST_REST_SECONDS, *([] if is_told else [UNREPORTED_SECONDS])]
        held, loading = self._parts.store.held, self._parts.loading
        if self._retry.seconds_left > 0:
            rests.append(self._retry.seconds_left)
        elif held is not None:
            rests.append(max((held.next_renewal - self._now()).total_seconds(), 0.0))
        if held is not None and loading is not None:
            rests.append(loading.seconds_left)
        return max(min(rests), SHORTEST_REST_SECONDS)
