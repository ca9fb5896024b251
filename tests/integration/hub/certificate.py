"""IssuedCertificates on the real API server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from testbed import Cluster
from tests.integration.hub.waiting import wait_for
from tests.integration.kube_api import find_object


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
        return find_object(self.cluster, "issuedcertificates", self.namespace, self.name)

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
        words = ("patch", "issuedcertificate", self.name, "-n", self.namespace, "--type=merge")
        self.cluster.kubectl(*words, f"--patch={json.dumps(patch)}")

    def report(self, status: dict[str, Any]) -> None:
        """Write its status as whoever is in charge of its cluster can."""
        patch = json.dumps({"status": status})
        words = ("patch", "issuedcertificate", self.name, "-n", self.namespace, "--type=merge")
        # As a file: it may be longer than an argument.
        self.cluster.kubectl(*words, "--subresource=status", "--patch-file=/dev/stdin", input=patch)

    def delete(self) -> None:
        words = ("delete", "issuedcertificate", self.name, "-n", self.namespace)
        self.cluster.kubectl(*words, "--ignore-not-found")
