"""IssuedCertificates on the real API server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from testbed import Cluster
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_api import find_object
from tests.integration.kube_writes import delete_and_wait, patch_object

KIND = "issuedcertificates"


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """The IssuedCertificate of one mesh, which may not be there yet."""

    cluster: Cluster
    namespace: str
    deployment: str = "istiod"

    @property
    def name(self) -> str:
        return f"{self.deployment}-{self.namespace}-{self.cluster.name}"

    def read(self) -> dict[str, Any] | None:
        """Return it as it is, None if it is not there."""
        return find_object(self.cluster, KIND, self.namespace, self.name)

    def wait_for(self) -> dict[str, Any]:
        """Return it once it is there."""
        found = wait_for(self.read, lambda found: found is not None)
        assert found is not None
        return found

    def wait_until_gone(self) -> None:
        wait_for(self.read, lambda found: found is None)

    def read_status(self) -> dict[str, Any]:
        status: dict[str, Any] = (self.read() or {}).get("status", {})
        return status

    def edit(self, spec: dict[str, Any]) -> None:
        """Change it as nobody should."""
        self.patch({"spec": spec})

    def patch(self, patch: dict[str, Any]) -> None:
        patch_object(self.cluster, KIND, self.namespace, self.name, patch)

    def report(self, status: dict[str, Any]) -> None:
        """Write its status as whoever is in charge of its cluster can."""
        patch = {"status": status}
        patch_object(self.cluster, KIND, self.namespace, self.name, patch, part="status")

    def delete(self) -> None:
        delete_and_wait(self.cluster, KIND, self.namespace, self.name)
