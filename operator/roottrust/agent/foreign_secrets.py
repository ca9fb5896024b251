"""Secrets by which istiod's CA may come from elsewhere: looked for by name, never read."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from roottrust.agent.own_cluster import OwnCluster
from roottrust.agent.reporter import Reporter
from roottrust.domain.foreign_secret import (
    FOREIGN_SECRETS,
    OVERRIDING,
    describe_foreign_secret,
)
from roottrust.domain.reasons import Reason

EVERY_SECONDS = 600.0


class ForeignSecrets:
    """Tells of each such Secret once."""

    def __init__(
        self,
        cluster: OwnCluster,
        reporter: Reporter,
        *,
        namespace: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cluster = cluster
        self._reporter = reporter
        self._namespace = namespace
        self._clock = clock
        self._next = 0.0
        self._told: set[str] = set()

    def look(self, certificate: Mapping[str, Any] | None) -> str | None:
        """Look for them now and then; return what to say of one that overrides our root.

        Raises the product's errors.
        """
        if self._clock() >= self._next:
            self._next = self._clock() + EVERY_SECONDS
            self._look(certificate)
        return self._describe(OVERRIDING) if OVERRIDING in self._told else None

    def _look(self, certificate: Mapping[str, Any] | None) -> None:
        found = [name for name in FOREIGN_SECRETS if self._cluster.has_secret(name)]
        for name in found:
            if name not in self._told:
                self._reporter.tell(
                    certificate,
                    type_="Warning",
                    reason=Reason.FOREIGN_CA_SECRET,
                    message=self._describe(name),
                    is_transition=False,
                )
        self._told = set(found)

    def _describe(self, name: str) -> str:
        return describe_foreign_secret(name, namespace=self._namespace)
