"""Telling people how it stands: the pod's entry in status, Events on transitions, log lines."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from roottrust.agent.own_cluster import ISSUED_CERTIFICATES, OwnCluster
from roottrust.domain.errors import RootTrustError
from roottrust.kube.event_manifest import EventType

logger = logging.getLogger(__name__)

_ENTRIES = "instances"


class Reporter:
    """Writes what has changed, and nothing else; it never raises one of the product's errors."""

    def __init__(self, cluster: OwnCluster, *, namespace: str, pod: str) -> None:
        self._cluster = cluster
        self._pod: Mapping[str, Any] = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": pod, "namespace": namespace},
        }
        self._name = pod
        self._told: tuple[str, str] | None = None
        self._failed = False

    def report(self, certificate: Mapping[str, Any] | None, entry: Mapping[str, Any]) -> bool:
        """Write the pod's entry unless status has it; return False to be called again soon."""
        if certificate is None or _find_entry(certificate, self._name) == entry:
            return True
        try:
            self._cluster.report_instance(certificate["metadata"]["name"], entry)
        except RootTrustError as error:
            if not self._failed:
                about = {"reason": error.reason}
                logger.warning("the status cannot be written: %s", error.message, extra=about)
            self._failed = True
            return False
        self._failed = False
        return True

    def tell(
        self,
        certificate: Mapping[str, Any] | None,
        *,
        type_: EventType,
        reason: str,
        message: str,
        is_transition: bool = True,
    ) -> None:
        """Log what has happened, and post an Event on it; a repeat of the last is not told again.

        The Event is on the IssuedCertificate, or on the pod while there is none. What is no
        transition may be told again after something else.
        """
        told = (reason, message)
        if told == self._told:
            return
        if is_transition:
            self._told = told
        level = logging.WARNING if type_ == "Warning" else logging.INFO
        logger.log(level, "%s", message, extra={"reason": reason})
        involved = self._pod if certificate is None else ISSUED_CERTIFICATES.complete(certificate)
        self._cluster.post_event(involved, type_=type_, reason=reason, message=message)

    def forget(self) -> None:
        """Have the next thing told even if it is what was told last: it has passed meanwhile."""
        self._told = None


def _find_entry(certificate: Mapping[str, Any], pod: str) -> Mapping[str, Any] | None:
    entries = (certificate.get("status") or {}).get(_ENTRIES) or ()
    return next((entry for entry in entries if entry.get("pod") == pod), None)
