"""The cluster as an agent's parts see it, and a certificate in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roottrust.domain.errors import RootTrustError

CERTIFICATE: dict[str, Any] = {
    "metadata": {
        "name": "istiod-istio-system-cluster1",
        "namespace": "istio-system",
        "uid": "u1",
        "generation": 1,
    },
}


class FakeCluster:
    """Keeps what it is told, and fails where it is told to."""

    def __init__(self) -> None:
        self.entries: list[Mapping[str, Any]] = []
        self.events: list[tuple[str, str, str, str]] = []
        self.published: str | None = None
        self.secrets: set[str] = set()
        self.asked = 0
        self.failure: RootTrustError | None = None

    def report_instance(self, name: str, entry: Mapping[str, Any]) -> None:
        self._fail()
        self.entries.append({"name": name, **entry})

    def read_published_root(self) -> str | None:
        self._fail()
        return self.published

    def has_secret(self, name: str) -> bool:
        self._fail()
        self.asked += 1
        return name in self.secrets

    def post_event(
        self, involved: Mapping[str, Any], *, type_: str, reason: str, message: str
    ) -> None:
        self.events.append((involved["kind"], type_, reason, message))

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure
