"""A mesh that is played: its agent, its istiod and what its cluster tells, as the real ones do."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from tests.integration.hub.agent import Agent
from tests.integration.hub.mesh import report_mesh

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_PAUSE_SECONDS = 0.2


@dataclass
class PlayedMesh:
    """Follows its IssuedCertificate; `seen` are all that it was asked for, in their order.

    `started_with` are the roots that its istiod has started with, where its agent tells that.
    """

    agent: Agent
    namespace: str
    is_telling: bool = True
    multi_root: bool = True
    started_with: str | None = None
    node_proxies: int = 0
    seen: list[dict[str, Any]] = field(default_factory=list)

    def follow(self) -> None:
        """Serve what is asked for now, and tell it as the agent and the cluster role do."""
        found = self.agent.certificate.read()
        if found is None or (self.seen and self.seen[-1] == found["spec"]):
            return
        spec = found["spec"]
        cross = spec.get("crossCertificates", "")
        pem = self.agent.obtain()
        if self.started_with is not None and _restarts_istiod(spec):
            self.started_with = spec["trustBundle"]
        entry = self.agent.describe(
            pem,
            issuerFingerprint=None,
            chain=pem + cross,
            startedWithRoots=_fingerprint(self.started_with),
        )
        self.agent.report(entry)
        report_mesh(
            self.agent.cluster,
            namespace=self.namespace,
            fingerprints=list_fingerprints(spec["trustBundle"]),
            multiRoot=self.multi_root,
            **self._tell(spec),
        )
        self.seen.append(spec)

    def _tell(self, spec: dict[str, Any]) -> dict[str, Any]:
        step = spec.get("rotationStep")
        if step is None or not self.is_telling:
            return {}
        since = datetime.now(UTC).strftime(_TIME)
        proven = {"step": step, "since": since, "total": 0, "nodeProxies": self.node_proxies}
        return {"rotation": proven}

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Follow all the while."""
        stop = threading.Event()

        def go_on() -> None:
            while not stop.wait(_PAUSE_SECONDS):
                try:
                    self.follow()
                except AssertionError as refusal:
                    # Vault's policy follows in a moment, or somebody else wrote at this one.
                    print(f"the agent in {self.namespace} was refused: {refusal}")

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def _restarts_istiod(spec: dict[str, Any]) -> bool:
    return spec["autoRestartPods"] and spec.get("restartScope") == "Istiod"


def _fingerprint(bundle: str | None) -> str | None:
    return None if bundle is None else hashlib.sha256(bundle.encode()).hexdigest()


def list_fingerprints(pem: str) -> list[str]:
    """Return SHA-256 of each certificate."""
    found = x509.load_pem_x509_certificates(pem.encode())
    return [each.fingerprint(hashes.SHA256()).hex() for each in found]
