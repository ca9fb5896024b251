"""The last look before istiod starts with a root: whether its peers know it (ADR 18)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from roottrust.agent.own_cluster import OwnCluster
from roottrust.agent.reporter import Reporter
from roottrust.domain.certificate import parse_certificates
from roottrust.domain.errors import AccessDeniedError, DependencyMissingError
from roottrust.domain.instance_report import Held
from roottrust.domain.moment import show_time
from roottrust.domain.published_bundle import CONFIG_MAP
from roottrust.domain.published_root import RootStanding, compare_with_published, shares_root
from roottrust.domain.reasons import Reason

logger = logging.getLogger(__name__)


class RootGate:
    """Compares the pinned trust bundle with the root that istiod publishes in its namespace."""

    def __init__(
        self,
        cluster: OwnCluster,
        reporter: Reporter,
        *,
        namespace: str,
        now: Callable[[], datetime],
    ) -> None:
        self._cluster = cluster
        self._reporter = reporter
        self._namespace = namespace
        self._now = now

    def check(self, certificate: Mapping[str, Any], *, pinned: str, held: Held | None) -> None:
        """Raise DependencyMissingError for a root that peers do not know, or that has expired.

        istiod's own self-signed root may be replaced: whoever put the agent there wants that.
        """
        self._check_life(pinned)
        if held is None:
            self._compare_with_published(certificate, pinned)
        elif not shares_root(pinned, held.trust_bundle):
            raise DependencyMissingError(
                "The pinned trust bundle has no root of the one that istiod runs with, and istiod "
                "would not take it: widen it by the new root first, and take the old one out "
                "later, as a rotation does.",
                reason=Reason.FOREIGN_ROOT,
            )

    def _check_life(self, pinned: str) -> None:
        """Refuse to ask for intermediates of a root that has expired (cert-manager 7741)."""
        ends = max(root.not_after for root in parse_certificates(pinned))
        if ends <= self._now():
            raise DependencyMissingError(
                f"The root has expired on {show_time(ends)}: change the root of the "
                "RootTrustPolicy, or set this node's clock right.",
                reason=Reason.ROOT_NOT_USABLE,
            )

    def _compare_with_published(self, certificate: Mapping[str, Any], pinned: str) -> None:
        try:
            published = self._cluster.read_published_root()
        except AccessDeniedError as error:
            about = {"reason": error.reason}
            logger.warning("the published root is not compared: %s", error.message, extra=about)
            return
        found = compare_with_published(published, pinned=pinned)
        if found.standing is RootStanding.FOREIGN:
            raise DependencyMissingError(
                f"ConfigMap {CONFIG_MAP} in {self._namespace} has another root, "
                f"{found.published}, and workloads that trust it would be cut off: have the "
                "RootTrustPolicy begin with that root, and rotate it to another one then; or, if "
                "no istiod and no workload uses it any more, delete that ConfigMap.",
                reason=Reason.FOREIGN_ROOT,
            )
        if found.standing is RootStanding.REPLACES_ISTIODS_OWN:
            self._reporter.tell(
                certificate,
                type_="Warning",
                reason=Reason.ROOT_REPLACED,
                message=f"The root that istiod made for itself, {found.published}, is replaced by "
                "that of the RootTrustPolicy: restart the workloads that still have the old one, "
                "gateways first.",
                is_transition=False,
            )
