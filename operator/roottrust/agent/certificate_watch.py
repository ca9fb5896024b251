"""Following the IssuedCertificate of this agent's istiod."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from random import Random
from typing import Any

from roottrust.agent.api_server import ApiServer
from roottrust.agent.certificate_subject import describe_certificate
from roottrust.agent.own_cluster import ISSUED_CERTIFICATES
from roottrust.domain.backoff import get_backoff_seconds
from roottrust.domain.errors import RootTrustError, TransientError
from roottrust.domain.pod_name import is_pod_of
from roottrust.kube.kind import build_path
from roottrust.runtime.log_context import bind_context

logger = logging.getLogger(__name__)

# An object that is to come is looked for at least so often.
_LONGEST_REST_SECONDS = 30.0
_KEPT = ("ADDED", "MODIFIED")


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What was last seen: the object, None without one; `error` while the API server is away."""

    certificate: Mapping[str, Any] | None = None
    error: RootTrustError | None = None


class CertificateWatch:
    """Lists and watches the IssuedCertificates of the namespace, in a thread of its own.

    `on_change` is called in that thread after each change of `sight`, which is None at first.
    """

    def __init__(
        self, server: ApiServer, *, namespace: str, pod: str, on_change: Callable[[], None]
    ) -> None:
        self._server = server
        self._path = build_path(ISSUED_CERTIFICATES, namespace=namespace)
        self._pod = pod
        self._on_change = on_change
        self._stop = threading.Event()
        self._random = Random()  # noqa: S311 - jitter is no secret
        self._failures = 0
        self.sight: Sight | None = None

    def start(self) -> None:
        """Begin; the thread ends with the process."""
        threading.Thread(target=self._run, name="certificate-watch", daemon=True).start()

    def stop(self) -> None:
        """Look no more, at the latest when the running request ends."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow()
            except RootTrustError as error:
                with self._bind_known():
                    self._rest_after(error)
            except Exception:
                with self._bind_known():
                    logger.exception("the watch failed in a way that no class fits: report it")
                self._stop.wait(get_backoff_seconds(self._count_failure(), share=1))

    def _bind_known(self) -> AbstractContextManager[None]:
        known = self.sight.certificate if self.sight else None
        return bind_context(**describe_certificate(known))

    def _follow(self) -> None:
        """List, and watch from there until the server ends the watch."""
        listed = self._server.send("GET", self._path, verb="list") or {}
        found = [item for item in listed.get("items") or () if self._is_ours(item)]
        # The hub writes one; of two the older counts, as everywhere.
        found.sort(key=lambda item: item["metadata"].get("creationTimestamp") or "")
        self._see(Sight(certificate=found[0] if found else None))
        self._failures = 0
        version = str((listed.get("metadata") or {}).get("resourceVersion") or "")
        for event in self._server.watch(self._path, resource_version=version):
            if self._stop.is_set():
                return
            if not self._take(event.get("type"), event.get("object") or {}):
                return

    def _take(self, type_: object, item: Mapping[str, Any]) -> bool:
        """Take note of an event; False has everything listed again."""
        if not self._is_ours(item):
            return True
        seen = self.sight.certificate if self.sight else None
        is_known = seen is not None and seen["metadata"]["uid"] == item["metadata"]["uid"]
        if type_ in _KEPT and is_known:
            self._see(Sight(certificate=item))
            return True
        return False

    def _see(self, sight: Sight) -> None:
        if sight != self.sight:
            self.sight = sight
            self._on_change()

    def _is_ours(self, item: Mapping[str, Any]) -> bool:
        reference = (item.get("spec") or {}).get("meshRef") or {}
        return is_pod_of(self._pod, deployment=str(reference.get("deployment", "")))

    def _rest_after(self, error: RootTrustError) -> None:
        failures = self._count_failure()
        if failures == 1:
            logger.warning(
                "the IssuedCertificate cannot be watched: %s",
                error.message,
                extra={"reason": error.reason},
            )
        known = self.sight.certificate if self.sight else None
        self._see(Sight(certificate=known, error=error))
        wait = get_backoff_seconds(failures, share=self._random.random())
        if isinstance(error, TransientError) and error.retry_after_seconds:
            wait = max(wait, error.retry_after_seconds)
        self._stop.wait(min(wait, _LONGEST_REST_SECONDS))

    def _count_failure(self) -> int:
        self._failures += 1
        return self._failures
